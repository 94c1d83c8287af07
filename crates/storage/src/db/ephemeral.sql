-- The SQLite file of sign-ins in progress. Not migrated: when this text changes, the file is thrown away.

CREATE TABLE IF NOT EXISTS mark (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    boot   TEXT NOT NULL,
    schema TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS flows (
    id           TEXT NOT NULL PRIMARY KEY,
    browser_hash BLOB NOT NULL,
    application  TEXT NOT NULL,
    revision     INTEGER NOT NULL,
    sealed       BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS flows_browser ON flows (browser_hash, application, created_at);
CREATE INDEX IF NOT EXISTS flows_expiry ON flows (expires_at);

CREATE TABLE IF NOT EXISTS pending (
    state_hash BLOB NOT NULL PRIMARY KEY,
    flow_id    TEXT NOT NULL,
    connection TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    claimed_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS pending_flow ON pending (flow_id);
CREATE INDEX IF NOT EXISTS pending_expiry ON pending (expires_at);

CREATE TABLE IF NOT EXISTS account_steps (
    session    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (session, kind)
) STRICT;
CREATE INDEX IF NOT EXISTS account_steps_expiry ON account_steps (expires_at);
