//! What can go wrong below the nouns, told apart by what the caller does about it.
//!
//! Not found is `Option`, a lost race is an enum of the noun; neither is ever an error. Messages carry no
//! values of rows. An error is `Clone`, because one failed COMMIT answers a whole batch of jobs.

use std::error::Error;
use std::sync::Arc;

use crate::seal::SealError;

/// The cause as the driver told it, shareable.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a statement, a job or the opening of the store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The database refused a statement: a fault of ours or a constraint that nothing expected.
    #[error("the database refused a statement")]
    Database(#[source] Cause),
    /// The database does not answer, has no connection to spare, or no room: 503 with Retry-After.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// The queue of the writer stayed full, or the writer stopped: 503 with Retry-After.
    #[error("the database is too busy")]
    Busy,
    /// Two transactions met (SQLSTATE 40001 or 40P01) more often than is retried here.
    #[error("the transaction met another one")]
    Serialization(#[source] Cause),
    /// The connection broke while COMMIT was under way: it may have happened or not (REL-06). Never redone blindly.
    #[error("the outcome of the transaction is not known")]
    CommitUnknown(#[source] Cause),
    /// A job panicked; nothing of it was kept.
    #[error("a storage job panicked")]
    JobPanicked,
    /// A statement was called with another number of values than it has placeholders.
    #[error("the statement has {expected} placeholders but got {given} values: {sql}")]
    BindCount {
        /// The text.
        sql: &'static str,
        /// Placeholders in it.
        expected: usize,
        /// Values given.
        given: usize,
    },
    /// A stored row does not read back as what it was.
    #[error("column {column} of a stored row cannot be read: {why}")]
    UnreadableRow {
        /// The column.
        column: String,
        /// Why, without its value.
        why: String,
    },
    /// A blob could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database URL names no database that Usher speaks to.
    #[error("the database URL must begin with sqlite: or postgres://")]
    UnsupportedUrl,
    /// The database could not be opened.
    #[error("the database cannot be opened ({url})")]
    Open {
        /// The URL without its password.
        url: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// There is no schema yet.
    #[error("the database is empty: run `usher migrate` first")]
    SchemaMissing,
    /// The schema is older than this Usher.
    #[error("the database schema is at {found} but this Usher needs {needed}: run `usher migrate` first")]
    SchemaTooOld {
        /// Last migration applied.
        found: i64,
        /// Last migration known.
        needed: i64,
    },
    /// The schema was made by a newer Usher.
    #[error("the database schema is at {found} but this Usher only knows {known}: start a newer Usher")]
    SchemaTooNew {
        /// Last migration applied.
        found: i64,
        /// Last migration known.
        known: i64,
    },
    /// An applied migration is not the one that this Usher carries.
    #[error("migration {0} in the database is not the one that this Usher carries")]
    MigrationChanged(String),
    /// The database was sealed under another master key.
    #[error("the database was sealed under another master key: give Usher the key it was set up with")]
    WrongMasterKey,
    /// The master key cannot be read or made.
    #[error("the master key is unusable: {0}")]
    MasterKey(String),
}

impl StorageError {
    /// Whether trying again later may help: answer 503 with Retry-After.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy | Self::Serialization(_) | Self::CommitUnknown(_))
    }

    pub(crate) fn unreadable(column: &str, why: &(impl ToString + ?Sized)) -> Self {
        Self::UnreadableRow { column: column.to_owned(), why: why.to_string() }
    }
}

/// SQLSTATEs of two transactions that met; the last is one that looked before the other committed and then took the
/// same name: run again, it sees that the name is taken.
const MET: [&str; 3] = ["40001", "40P01", "23505"];
/// SQLSTATE classes and codes of a server that cannot answer now: 08 connection, 53 resources, 57 operator.
const AWAY: [&str; 5] = ["08", "53", "57", "55P03", "58"];
/// SQLite primary codes of the same kind: BUSY, LOCKED, IOERR, FULL, CANTOPEN.
const SQLITE_AWAY: [i32; 5] = [5, 6, 10, 13, 14];

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let class = match &error {
            E::Database(e) => classify(e.as_ref()),
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => Class::Away,
            _ => Class::Refused,
        };
        let cause: Cause = Arc::new(error);
        match class {
            Class::Met => Self::Serialization(cause),
            Class::Away => Self::Unavailable(cause),
            Class::Refused => Self::Database(cause),
        }
    }
}

enum Class {
    Met,
    Away,
    Refused,
}

fn classify(error: &dyn sqlx::error::DatabaseError) -> Class {
    let Some(code) = error.code() else { return Class::Refused };
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        // Extended codes keep the primary one in the low byte.
        let primary = code.parse::<i32>().unwrap_or_default() & 0xff;
        return if SQLITE_AWAY.contains(&primary) { Class::Away } else { Class::Refused };
    }
    if MET.contains(&code.as_ref()) {
        Class::Met
    } else if AWAY.iter().any(|prefix| code.starts_with(prefix)) {
        Class::Away
    } else {
        Class::Refused
    }
}
