-- What a finished sign-in leaves behind, and what counts failed ones. Hashes where a value is only compared.

CREATE TABLE sessions (
    id_hash    BLOB NOT NULL PRIMARY KEY,
    sid        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('browser', 'console')),
    user_id    TEXT REFERENCES users (id) ON DELETE CASCADE,
    data       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE grants (
    id              TEXT NOT NULL PRIMARY KEY,
    flow_id         TEXT NOT NULL UNIQUE,
    application     TEXT NOT NULL,
    user_id         TEXT REFERENCES users (id) ON DELETE CASCADE,
    sid             TEXT,
    offline         INTEGER NOT NULL,
    payload         BLOB NOT NULL,
    redirect        BLOB NOT NULL,
    code_hash       BLOB NOT NULL UNIQUE,
    code_expires_at INTEGER NOT NULL,
    code_used_at    INTEGER,
    revoked_at      INTEGER,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_session ON grants (sid);
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_application ON grants (application);
CREATE INDEX grants_expiry ON grants (expires_at);

CREATE TABLE refresh_tokens (
    hash       BLOB NOT NULL PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    rotated_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE attempts (
    name              TEXT NOT NULL PRIMARY KEY,
    failures          INTEGER NOT NULL,
    window_started_at INTEGER NOT NULL,
    locked_until      INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_expiry ON attempts (expires_at);

CREATE TABLE setup_tokens (
    hash       BLOB NOT NULL PRIMARY KEY,
    purpose    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX setup_tokens_expiry ON setup_tokens (expires_at);
