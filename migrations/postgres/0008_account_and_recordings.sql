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

-- The sign-ins of an account, for its owner to look through.
CREATE TABLE own_sign_ins (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at          bigint NOT NULL,
    application text NOT NULL,
    connection  text,
    methods     text NOT NULL,
    correlation text NOT NULL,
    remote      text,
    agent       text,
    reported_at bigint
);
CREATE INDEX own_sign_ins_user ON own_sign_ins (user_id, id);
CREATE INDEX own_sign_ins_at ON own_sign_ins (at);

-- Whom a recorded sign-in is about: it goes with the account.
ALTER TABLE flow_recordings ADD COLUMN user_id text REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX flow_recordings_user ON flow_recordings (user_id);
