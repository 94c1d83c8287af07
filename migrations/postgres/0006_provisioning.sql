-- Provisioning in full: groups, the schema of attributes, addresses to link by, decisions, recordings, outgoing mail.

CREATE TABLE user_groups (
    id          text NOT NULL PRIMARY KEY,
    name        text COLLATE "C" NOT NULL UNIQUE,
    description text NOT NULL,
    created_at  bigint NOT NULL,
    revision    bigint NOT NULL
);

CREATE TABLE memberships (
    group_id text NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    user_id  text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source   text NOT NULL,
    since    bigint NOT NULL,
    PRIMARY KEY (group_id, user_id, source)
);
CREATE INDEX memberships_user ON memberships (user_id);
CREATE INDEX memberships_source ON memberships (source);

CREATE TABLE attribute_definitions (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    body text NOT NULL
);

-- Every address of an account, verified or not: what linking looks for. Two accounts may hold the same one.
CREATE TABLE user_emails (
    user_id    text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email_key  text NOT NULL,
    folded_key text NOT NULL,
    PRIMARY KEY (user_id, email_key)
);
CREATE INDEX user_emails_key ON user_emails (email_key);
CREATE INDEX user_emails_folded ON user_emails (folded_key);
INSERT INTO user_emails (user_id, email_key, folded_key)
    SELECT DISTINCT users.id,
        substr(entry.value, 1, strpos(entry.value, '@')) || lower(substr(entry.value, strpos(entry.value, '@') + 1) COLLATE "C"),
        lower(entry.value COLLATE "C")
    FROM users, jsonb_array_elements_text(
        -- jsonb refuses the escaped NUL, which a value may hold.
        replace(users.attributes, '\u0000', '\ufffd')::jsonb -> 'email' -> 'values'
    ) AS entry (value)
    WHERE strpos(entry.value, '@') > 1;

CREATE INDEX federated_links_connection ON federated_links (connection, id);
CREATE INDEX users_created_by ON users (created_by);
CREATE INDEX traces_connection ON traces (connection, started_at);

CREATE TABLE decisions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          bigint NOT NULL,
    correlation text NOT NULL,
    connection  text NOT NULL,
    user_id     text REFERENCES users (id) ON DELETE CASCADE,
    outcome     text NOT NULL,
    explanation text NOT NULL
);
CREATE INDEX decisions_user ON decisions (user_id, id);
CREATE INDEX decisions_connection ON decisions (connection, id);
CREATE INDEX decisions_connection_at ON decisions (connection, at);
CREATE INDEX decisions_at ON decisions (at);

CREATE TABLE recordings (
    id          text NOT NULL PRIMARY KEY,
    connection  text NOT NULL,
    at          bigint NOT NULL,
    expires_at  bigint NOT NULL,
    correlation text NOT NULL,
    sealed      bytea NOT NULL
);
CREATE INDEX recordings_connection ON recordings (connection, at);
CREATE INDEX recordings_expiry ON recordings (expires_at);

CREATE TABLE outbox (
    id         text NOT NULL PRIMARY KEY,
    sealed     bytea NOT NULL,
    created_at bigint NOT NULL,
    due_at     bigint NOT NULL,
    attempts   bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at);
CREATE INDEX outbox_expiry ON outbox (expires_at);
