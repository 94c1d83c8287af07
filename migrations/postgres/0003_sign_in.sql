-- What a finished sign-in leaves behind, and what counts failed ones. Hashes where a value is only compared.

CREATE TABLE sessions (
    id_hash    bytea NOT NULL PRIMARY KEY,
    sid        text NOT NULL UNIQUE,
    kind       text NOT NULL CHECK (kind IN ('browser', 'console')),
    user_id    text REFERENCES users (id) ON DELETE CASCADE,
    data       bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE grants (
    id              text NOT NULL PRIMARY KEY,
    flow_id         text NOT NULL UNIQUE,
    application     text NOT NULL,
    user_id         text REFERENCES users (id) ON DELETE CASCADE,
    sid             text,
    offline         bigint NOT NULL,
    payload         bytea NOT NULL,
    redirect        bytea NOT NULL,
    code_hash       bytea NOT NULL UNIQUE,
    code_expires_at bigint NOT NULL,
    code_used_at    bigint,
    revoked_at      bigint,
    created_at      bigint NOT NULL,
    expires_at      bigint NOT NULL
);
CREATE INDEX grants_session ON grants (sid);
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_application ON grants (application);
CREATE INDEX grants_expiry ON grants (expires_at);

CREATE TABLE refresh_tokens (
    hash       bytea NOT NULL PRIMARY KEY,
    grant_id   text NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    rotated_at bigint
);
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE attempts (
    name              text NOT NULL PRIMARY KEY,
    failures          bigint NOT NULL,
    window_started_at bigint NOT NULL,
    locked_until      bigint NOT NULL,
    expires_at        bigint NOT NULL
);
CREATE INDEX attempts_expiry ON attempts (expires_at);

CREATE TABLE setup_tokens (
    hash       bytea NOT NULL PRIMARY KEY,
    purpose    text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at    bigint
);
CREATE INDEX setup_tokens_expiry ON setup_tokens (expires_at);
