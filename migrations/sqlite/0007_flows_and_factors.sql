-- Flows in versions, what their scripts rest on, second factors, and what a browser is remembered by.

CREATE TABLE flow_versions (
    owner        TEXT NOT NULL,
    number       INTEGER NOT NULL,
    body         TEXT NOT NULL,
    bundle       BLOB,
    published_at INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    note         TEXT NOT NULL,
    PRIMARY KEY (owner, number)
) STRICT;

CREATE TABLE flow_heads (
    owner    TEXT NOT NULL PRIMARY KEY,
    number   INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    FOREIGN KEY (owner, number) REFERENCES flow_versions (owner, number) ON DELETE CASCADE
) STRICT;

CREATE TABLE flow_drafts (
    owner      TEXT NOT NULL PRIMARY KEY,
    body       TEXT NOT NULL,
    based_on   INTEGER,
    revision   INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT;

CREATE TABLE script_secrets (
    name       TEXT NOT NULL PRIMARY KEY,
    sealed     BLOB NOT NULL,
    ending     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE script_libraries (
    name     TEXT NOT NULL PRIMARY KEY,
    source   TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE flow_recordings (
    id          TEXT NOT NULL PRIMARY KEY,
    owner       TEXT NOT NULL,
    application TEXT NOT NULL,
    at          INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    correlation TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    sealed      BLOB NOT NULL
) STRICT;
CREATE INDEX flow_recordings_owner ON flow_recordings (owner, at);
CREATE INDEX flow_recordings_application ON flow_recordings (application);
CREATE INDEX flow_recordings_expiry ON flow_recordings (expires_at);

CREATE TABLE totp_devices (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed       BLOB NOT NULL,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_step    INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX totp_devices_user ON totp_devices (user_id);

CREATE TABLE passkeys (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed       BLOB NOT NULL,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    backed_up    INTEGER NOT NULL
) STRICT;
CREATE INDEX passkeys_user ON passkeys (user_id);

CREATE TABLE recovery_codes (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER,
    PRIMARY KEY (user_id, hash)
) STRICT;

CREATE TABLE bypass_codes (
    user_id    TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash       BLOB NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX bypass_codes_expiry ON bypass_codes (expires_at);

CREATE TABLE trusted_devices (
    hash         BLOB NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    owner        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    label        TEXT NOT NULL
) STRICT;
CREATE INDEX trusted_devices_user ON trusted_devices (user_id);
CREATE INDEX trusted_devices_owner ON trusted_devices (owner);
CREATE INDEX trusted_devices_expiry ON trusted_devices (expires_at);

-- From where a session began, and what the browser called itself: for the person's own list.
ALTER TABLE sessions ADD COLUMN remote TEXT;
ALTER TABLE sessions ADD COLUMN agent TEXT;

CREATE INDEX setup_tokens_purpose ON setup_tokens (purpose);
