-- Flows in versions, what their scripts rest on, second factors, and what a browser is remembered by.

CREATE TABLE flow_versions (
    owner        text COLLATE "C" NOT NULL,
    number       bigint NOT NULL,
    body         text NOT NULL,
    bundle       bytea,
    published_at bigint NOT NULL,
    published_by text NOT NULL,
    note         text NOT NULL,
    PRIMARY KEY (owner, number)
);

CREATE TABLE flow_heads (
    owner    text COLLATE "C" NOT NULL PRIMARY KEY,
    number   bigint NOT NULL,
    revision bigint NOT NULL,
    FOREIGN KEY (owner, number) REFERENCES flow_versions (owner, number) ON DELETE CASCADE
);

CREATE TABLE flow_drafts (
    owner      text NOT NULL PRIMARY KEY,
    body       text NOT NULL,
    based_on   bigint,
    revision   bigint NOT NULL,
    updated_at bigint NOT NULL,
    updated_by text NOT NULL
);

CREATE TABLE script_secrets (
    name       text COLLATE "C" NOT NULL PRIMARY KEY,
    sealed     bytea NOT NULL,
    ending     text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE script_libraries (
    name     text COLLATE "C" NOT NULL PRIMARY KEY,
    source   text NOT NULL,
    revision bigint NOT NULL
);

CREATE TABLE flow_recordings (
    id          text NOT NULL PRIMARY KEY,
    owner       text NOT NULL,
    application text NOT NULL,
    at          bigint NOT NULL,
    expires_at  bigint NOT NULL,
    correlation text NOT NULL,
    outcome     text NOT NULL,
    sealed      bytea NOT NULL
);
CREATE INDEX flow_recordings_owner ON flow_recordings (owner, at);
CREATE INDEX flow_recordings_application ON flow_recordings (application);
CREATE INDEX flow_recordings_expiry ON flow_recordings (expires_at);

CREATE TABLE totp_devices (
    id           text NOT NULL PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed       bytea NOT NULL,
    name         text NOT NULL,
    created_at   bigint NOT NULL,
    last_step    bigint,
    last_used_at bigint
);
CREATE INDEX totp_devices_user ON totp_devices (user_id);

CREATE TABLE passkeys (
    id           text NOT NULL PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed       bytea NOT NULL,
    name         text NOT NULL,
    created_at   bigint NOT NULL,
    last_used_at bigint,
    backed_up    bigint NOT NULL
);
CREATE INDEX passkeys_user ON passkeys (user_id);

CREATE TABLE recovery_codes (
    user_id    text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       bytea NOT NULL,
    created_at bigint NOT NULL,
    used_at    bigint,
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE bypass_codes (
    user_id    text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash       bytea NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at    bigint
);
CREATE INDEX bypass_codes_expiry ON bypass_codes (expires_at);

CREATE TABLE trusted_devices (
    hash         bytea NOT NULL PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    owner        text NOT NULL,
    created_at   bigint NOT NULL,
    expires_at   bigint NOT NULL,
    last_used_at bigint NOT NULL,
    label        text NOT NULL
);
CREATE INDEX trusted_devices_user ON trusted_devices (user_id);
CREATE INDEX trusted_devices_owner ON trusted_devices (owner);
CREATE INDEX trusted_devices_expiry ON trusted_devices (expires_at);

-- From where a session began, and what the browser called itself: for the person's own list.
ALTER TABLE sessions ADD COLUMN remote text;
ALTER TABLE sessions ADD COLUMN agent text;

CREATE INDEX setup_tokens_purpose ON setup_tokens (purpose);
