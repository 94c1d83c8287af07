-- What happened: audit events (numbered and chained later, by a background sealer) and sign-in traces.

CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          bigint NOT NULL,
    action      text NOT NULL,
    actor       text NOT NULL,
    object      text NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('success', 'refused')),
    detail      text NOT NULL,
    correlation text,
    remote      text,
    seq         bigint UNIQUE,
    chain_hash  bytea
);
CREATE INDEX audit_object ON audit (object, id);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE traces (
    correlation text NOT NULL PRIMARY KEY,
    started_at  bigint NOT NULL,
    application text,
    connection  text,
    user_id     text,
    refusal     text,
    finished    bigint NOT NULL CHECK (finished IN (0, 1)),
    body        text NOT NULL
);
CREATE INDEX traces_started ON traces (started_at);
