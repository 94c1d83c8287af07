-- What an admin configures: one row per thing, JSON beside the columns that are searched, secrets sealed.

CREATE TABLE key_check (
    id         bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    proof      bytea NOT NULL
);

CREATE TABLE config_version (
    id         bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    version    bigint NOT NULL
);
INSERT INTO config_version (id, version) VALUES (1, 1);

CREATE TABLE settings (
    name       text NOT NULL PRIMARY KEY,
    value      text NOT NULL
);

CREATE TABLE connections (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    body       text NOT NULL,
    secret     bytea,
    revision   bigint NOT NULL
);

CREATE TABLE applications (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    body       text NOT NULL,
    revision   bigint NOT NULL
);

CREATE TABLE signing_keys (
    kid         text NOT NULL PRIMARY KEY,
    algorithm   text NOT NULL,
    state       text NOT NULL CHECK (state IN ('next', 'current', 'retired')),
    private_key bytea NOT NULL,
    created_at  bigint NOT NULL,
    retired_at  bigint,
    expires_at  bigint
);
-- Two nodes that rotate at once must not both win.
CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (algorithm) WHERE state = 'current';
