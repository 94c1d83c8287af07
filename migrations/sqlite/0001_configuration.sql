-- What an admin configures: one row per thing, JSON beside the columns that are searched, secrets sealed.

CREATE TABLE key_check (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    proof      BLOB NOT NULL
) STRICT;

CREATE TABLE config_version (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version    INTEGER NOT NULL
) STRICT;
INSERT INTO config_version (id, version) VALUES (1, 1);

CREATE TABLE settings (
    name       TEXT NOT NULL PRIMARY KEY,
    value      TEXT NOT NULL
) STRICT;

CREATE TABLE connections (
    id         TEXT NOT NULL PRIMARY KEY,
    body       TEXT NOT NULL,
    secret     BLOB,
    revision   INTEGER NOT NULL
) STRICT;

CREATE TABLE applications (
    id         TEXT NOT NULL PRIMARY KEY,
    body       TEXT NOT NULL,
    revision   INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
    kid         TEXT NOT NULL PRIMARY KEY,
    algorithm   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('next', 'current', 'retired')),
    private_key BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    retired_at  INTEGER,
    expires_at  INTEGER
) STRICT;
-- Two nodes that rotate at once must not both win.
CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (algorithm) WHERE state = 'current';
