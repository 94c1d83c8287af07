-- Sign-ins in progress: losing one costs a person a click on "start again", so these tables write no
-- log ahead. On SQLite the same tables live in a file of their own (crates/storage/src/db/ephemeral.sql).

CREATE UNLOGGED TABLE flows (
    id           text NOT NULL PRIMARY KEY,
    browser_hash bytea NOT NULL,
    application  text NOT NULL,
    revision     bigint NOT NULL,
    sealed       bytea NOT NULL,
    created_at   bigint NOT NULL,
    expires_at   bigint NOT NULL
);
CREATE INDEX flows_browser ON flows (browser_hash, application, created_at);
CREATE INDEX flows_expiry ON flows (expires_at);

CREATE UNLOGGED TABLE pending (
    state_hash bytea NOT NULL PRIMARY KEY,
    flow_id    text NOT NULL,
    connection text NOT NULL,
    sealed     bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    claimed_at bigint
);
CREATE INDEX pending_flow ON pending (flow_id);
CREATE INDEX pending_expiry ON pending (expires_at);
