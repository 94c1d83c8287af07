-- Provisioning in full: groups, the schema of attributes, addresses to link by, decisions, recordings, outgoing mail.

CREATE TABLE user_groups (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    revision    INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    group_id TEXT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source   TEXT NOT NULL,
    since    INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id, source)
) STRICT;
CREATE INDEX memberships_user ON memberships (user_id);
CREATE INDEX memberships_source ON memberships (source);

CREATE TABLE attribute_definitions (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

-- Every address of an account, verified or not: what linking looks for. Two accounts may hold the same one.
CREATE TABLE user_emails (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email_key  TEXT NOT NULL,
    folded_key TEXT NOT NULL,
    PRIMARY KEY (user_id, email_key)
) STRICT;
CREATE INDEX user_emails_key ON user_emails (email_key);
CREATE INDEX user_emails_folded ON user_emails (folded_key);
INSERT INTO user_emails (user_id, email_key, folded_key)
    SELECT DISTINCT users.id,
        substr(entry.value, 1, instr(entry.value, '@')) || lower(substr(entry.value, instr(entry.value, '@') + 1)),
        lower(entry.value)
    FROM users, json_each(users.attributes, '$.email.values') AS entry
    WHERE instr(entry.value, '@') > 1;

CREATE INDEX federated_links_connection ON federated_links (connection, id);
CREATE INDEX users_created_by ON users (created_by);
CREATE INDEX traces_connection ON traces (connection, started_at);

CREATE TABLE decisions (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    correlation TEXT NOT NULL,
    connection  TEXT NOT NULL,
    user_id     TEXT REFERENCES users (id) ON DELETE CASCADE,
    outcome     TEXT NOT NULL,
    explanation TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_user ON decisions (user_id, id);
CREATE INDEX decisions_connection ON decisions (connection, id);
CREATE INDEX decisions_connection_at ON decisions (connection, at);
CREATE INDEX decisions_at ON decisions (at);

CREATE TABLE recordings (
    id          TEXT NOT NULL PRIMARY KEY,
    connection  TEXT NOT NULL,
    at          INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    correlation TEXT NOT NULL,
    sealed      BLOB NOT NULL
) STRICT;
CREATE INDEX recordings_connection ON recordings (connection, at);
CREATE INDEX recordings_expiry ON recordings (expires_at);

CREATE TABLE outbox (
    id         TEXT NOT NULL PRIMARY KEY,
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at);
CREATE INDEX outbox_expiry ON outbox (expires_at);
