-- Local accounts, what is unique about them, how they sign in, and who they are elsewhere.

CREATE TABLE users (
    id             text NOT NULL PRIMARY KEY,
    public_subject text NOT NULL UNIQUE,
    username       text NOT NULL,
    username_key   text COLLATE "C" NOT NULL UNIQUE,
    state          text NOT NULL CHECK (state IN ('active', 'disabled')),
    attributes     text NOT NULL,
    search_text    text NOT NULL,
    created_by     text NOT NULL,
    created_at     bigint NOT NULL,
    revision       bigint NOT NULL
);

CREATE TABLE user_unique_values (
    attribute  text NOT NULL,
    value_key  text NOT NULL,
    user_id    text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (attribute, value_key)
);
CREATE INDEX user_unique_values_user ON user_unique_values (user_id);

CREATE TABLE credentials (
    user_id       text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    password_hash text NOT NULL,
    changed_at    bigint NOT NULL
);

CREATE TABLE roles (
    user_id    text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       text NOT NULL,
    granted_at bigint NOT NULL,
    PRIMARY KEY (user_id, role)
);

CREATE TABLE federated_links (
    id           text NOT NULL PRIMARY KEY,
    connection   text NOT NULL,
    issuer       text NOT NULL,
    subject      text NOT NULL,
    user_id      text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    explanation  text NOT NULL,
    created_at   bigint NOT NULL,
    last_used_at bigint NOT NULL,
    UNIQUE (connection, issuer, subject)
);
CREATE INDEX federated_links_user ON federated_links (user_id);
