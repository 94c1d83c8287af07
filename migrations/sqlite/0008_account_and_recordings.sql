-- The account page, and recordings of sign-ins. What somebody began in the account page lives with the sign-ins in
-- progress (crates/storage/src/db/ephemeral.sql).

-- The sign-ins of an account, for its owner to look through.
CREATE TABLE own_sign_ins (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at          INTEGER NOT NULL,
    application TEXT NOT NULL,
    connection  TEXT,
    methods     TEXT NOT NULL,
    correlation TEXT NOT NULL,
    remote      TEXT,
    agent       TEXT,
    reported_at INTEGER
) STRICT;
CREATE INDEX own_sign_ins_user ON own_sign_ins (user_id, id);
CREATE INDEX own_sign_ins_at ON own_sign_ins (at);

-- Whom a recorded sign-in is about: it goes with the account.
ALTER TABLE flow_recordings ADD COLUMN user_id TEXT REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX flow_recordings_user ON flow_recordings (user_id);
