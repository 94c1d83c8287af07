-- Local accounts, what is unique about them, how they sign in, and who they are elsewhere.

CREATE TABLE users (
    id             TEXT NOT NULL PRIMARY KEY,
    public_subject TEXT NOT NULL UNIQUE,
    username       TEXT NOT NULL,
    username_key   TEXT NOT NULL UNIQUE,
    state          TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    attributes     TEXT NOT NULL,
    search_text    TEXT NOT NULL,
    created_by     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    revision       INTEGER NOT NULL
) STRICT;

CREATE TABLE user_unique_values (
    attribute  TEXT NOT NULL,
    value_key  TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (attribute, value_key)
) STRICT;
CREATE INDEX user_unique_values_user ON user_unique_values (user_id);

CREATE TABLE credentials (
    user_id       TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,
    changed_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE roles (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, role)
) STRICT;

CREATE TABLE federated_links (
    id           TEXT NOT NULL PRIMARY KEY,
    connection   TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    explanation  TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    UNIQUE (connection, issuer, subject)
) STRICT;
CREATE INDEX federated_links_user ON federated_links (user_id);
