-- What happened: audit events (numbered and chained later, by a background sealer) and sign-in traces.

CREATE TABLE audit (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    action      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    object      TEXT NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('success', 'refused')),
    detail      TEXT NOT NULL,
    correlation TEXT,
    remote      TEXT,
    seq         INTEGER UNIQUE,
    chain_hash  BLOB
) STRICT;
CREATE INDEX audit_object ON audit (object, id);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE traces (
    correlation TEXT NOT NULL PRIMARY KEY,
    started_at  INTEGER NOT NULL,
    application TEXT,
    connection  TEXT,
    user_id     TEXT,
    refusal     TEXT,
    finished    INTEGER NOT NULL CHECK (finished IN (0, 1)),
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX traces_started ON traces (started_at);
