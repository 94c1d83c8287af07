//! The few texts that must differ between the two databases, side by side.

/// Which database answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Embedded.
    Sqlite,
    /// PostgreSQL, or what speaks its protocol.
    Postgres,
}

/// How a round of migrations begins: alone. SQLite has no lock for migrations but the whole file; the number is
/// ours alone and means nothing.
pub(super) fn begin_migrations(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "BEGIN EXCLUSIVE",
        Dialect::Postgres => {
            "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
             SELECT pg_advisory_xact_lock(7238119045)"
        }
    }
}

/// Answers with a row when the table of migrations exists.
pub(super) fn has_migrations(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'",
        Dialect::Postgres => {
            "SELECT tablename AS name FROM pg_catalog.pg_tables
             WHERE schemaname = current_schema() AND tablename = 'schema_migrations'"
        }
    }
}

/// The table of migrations. `breaks_older` says whether an older Usher must refuse to start on it.
pub(super) fn create_migrations(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
                 breaks_older INTEGER NOT NULL, applied_at INTEGER NOT NULL) STRICT"
        }
        Dialect::Postgres => {
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 version bigint NOT NULL PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                 breaks_older bigint NOT NULL, applied_at bigint NOT NULL)"
        }
    }
}
