-- The account page, and recordings of sign-ins.

-- What somebody began in the account page and has not ended: losing one costs a click, so no log ahead is written.
-- On SQLite the same table lives with the sign-ins in progress (crates/storage/src/db/ephemeral.sql).
CREATE UNLOGGED TABLE account_steps (
    session    text NOT NULL,
    kind       text NOT NULL,
    sealed     bytea NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (session, kind)
);
CREATE INDEX account_steps_expiry ON account_steps (expires_at);
