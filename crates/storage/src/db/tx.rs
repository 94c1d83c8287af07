//! The connection that a job works on: one type over both databases, statements as static text.
//!
//! A statement that fails dooms its job: PostgreSQL answers COMMIT of an aborted transaction with a silent
//! rollback, and SQLite gives up a whole transaction on some faults, so a job that swallowed an error must
//! never be acknowledged.

use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{Connection as _, Postgres, Sqlite, SqliteConnection};

use super::dialect::Dialect;
use super::row::{Row, Source};
use super::tally::Tally;
use super::value::{Value, placeholders};
use crate::StorageError;

/// A transaction (in a write job) or a plain connection (in a read job). The caller of a noun owns it.
pub struct Tx {
    link: Link,
    tally: Arc<Tally>,
    doomed: Option<StorageError>,
    open: bool,
    /// The connection hangs or is gone: nothing more is said on it.
    broken: bool,
}

enum Link {
    /// The writer's own connection. Boxed by the writer, because it is large.
    Own(Box<SqliteConnection>),
    Sqlite(PoolConnection<Sqlite>),
    /// With the longest wait for an answer: a server that froze does not keep its own time-outs (REL-05).
    Postgres(PoolConnection<Postgres>, Duration),
    Closed,
}

macro_rules! ask {
    ($self:ident, $sql:expr, $values:expr, $method:ident, $sqlite:expr, $postgres:expr) => {{
        $self.check($sql, $values)?;
        $self.tally.statement();
        let answer = match &mut $self.link {
            Link::Own(link) => bind_sqlite($sql, $values).$method(&mut **link).await.map($sqlite),
            Link::Sqlite(link) => bind_sqlite($sql, $values).$method(&mut **link).await.map($sqlite),
            Link::Postgres(link, patience) => {
                within(*patience, bind_postgres($sql, $values).$method(&mut **link)).await.map($postgres)
            }
            Link::Closed => Err(sqlx::Error::PoolClosed),
        };
        $self.settle(answer)
    }};
}

impl Tx {
    pub(super) fn own(link: SqliteConnection, tally: Arc<Tally>) -> Self {
        Self::over(Link::Own(Box::new(link)), tally)
    }

    pub(super) fn sqlite(link: PoolConnection<Sqlite>, tally: Arc<Tally>) -> Self {
        Self::over(Link::Sqlite(link), tally)
    }

    pub(super) fn postgres(link: PoolConnection<Postgres>, patience: Duration, tally: Arc<Tally>) -> Self {
        Self::over(Link::Postgres(link, patience), tally)
    }

    fn over(link: Link, tally: Arc<Tally>) -> Self {
        Self { link, tally, doomed: None, open: false, broken: false }
    }

    /// Closes a connection of its own and waits until the file is let go of; a pooled one goes back by itself.
    pub(super) async fn close(mut self) {
        if let Link::Own(link) = std::mem::replace(&mut self.link, Link::Closed) {
            // What cannot be closed in order is gone already.
            drop(link.close().await);
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.link {
            Link::Own(_) | Link::Sqlite(_) | Link::Closed => Dialect::Sqlite,
            Link::Postgres(..) => Dialect::Postgres,
        }
    }

    /// Runs a statement and gives the number of rows it touched.
    pub async fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StorageError> {
        ask!(self, sql, values, execute, |done| done.rows_affected(), |done| done.rows_affected())
    }

    /// Runs a statement that answers with at most one row.
    pub async fn fetch_optional(&mut self, sql: &'static str, values: &[Value]) -> Result<Option<Row>, StorageError> {
        ask!(self, sql, values, fetch_optional, |row| row.map(|row| Row(Source::Sqlite(row))), |row| row
            .map(|row| Row(Source::Postgres(row))))
    }

    /// Runs a statement and gives all its rows; the text bounds how many those can be.
    pub async fn fetch_all(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StorageError> {
        ask!(
            self,
            sql,
            values,
            fetch_all,
            |rows| rows.into_iter().map(|row| Row(Source::Sqlite(row))).collect(),
            |rows| rows.into_iter().map(|row| Row(Source::Postgres(row))).collect()
        )
    }

    /// Runs a statement that always answers with a row.
    pub(crate) async fn fetch_one(&mut self, sql: &'static str, values: &[Value]) -> Result<Row, StorageError> {
        let row = self.fetch_optional(sql, values).await?;
        row.ok_or_else(|| StorageError::unreadable("*", "the statement gave no row"))
    }

    /// Runs several statements without values: control of transactions, migrations. Not counted.
    pub(super) async fn script(&mut self, sql: &'static str) -> Result<(), StorageError> {
        let script = sqlx::raw_sql(sql);
        let outcome = match &mut self.link {
            Link::Own(link) => script.execute(&mut **link).await.map(drop),
            Link::Sqlite(link) => script.execute(&mut **link).await.map(drop),
            Link::Postgres(link, patience) => within(*patience, script.execute(&mut **link)).await.map(drop),
            Link::Closed => Err(sqlx::Error::PoolClosed),
        };
        outcome.map_err(|error| self.failed(error))
    }

    pub(super) async fn begin(&mut self, sql: &'static str) -> Result<(), StorageError> {
        self.doomed = None;
        self.open = true;
        self.script(sql).await
    }

    /// Commits; the error of a broken connection says that nobody knows.
    pub(super) async fn commit(&mut self) -> Result<(), StorageError> {
        let outcome = self.script("COMMIT").await;
        match outcome {
            Ok(()) => {
                self.open = false;
                self.tally.commit();
                Ok(())
            }
            Err(StorageError::Unavailable(cause)) if self.dialect() == Dialect::Postgres => {
                Err(StorageError::CommitUnknown(cause))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StorageError> {
        if self.broken {
            // Closing the connection rolls back too.
            return Ok(());
        }
        let outcome = self.script("ROLLBACK").await;
        self.open = outcome.is_err();
        outcome
    }

    /// The error of the first statement that failed since the job began.
    pub(super) fn doom(&self) -> Option<&StorageError> {
        self.doomed.as_ref()
    }

    /// Forgets the failed statement: the next job of the batch begins.
    pub(super) fn absolve(&mut self) {
        self.doomed = None;
    }

    /// Whether the database understands the text: the compile-time check without its cost.
    #[cfg(test)]
    pub(crate) async fn prepare(&mut self, sql: &'static str) -> Result<(), StorageError> {
        use sqlx::Executor;
        let text = sqlx::SqlStr::from_static(sql);
        match &mut self.link {
            Link::Own(link) => link.prepare(text).await.map(drop),
            Link::Sqlite(link) => link.prepare(text).await.map(drop),
            Link::Postgres(link, _) => link.prepare(text).await.map(drop),
            Link::Closed => Err(sqlx::Error::PoolClosed),
        }?;
        Ok(())
    }

    fn check(&mut self, sql: &'static str, values: &[Value]) -> Result<(), StorageError> {
        // sqlx on SQLite silently binds NULL for a missing value.
        let (expected, given) = (placeholders(sql), values.len());
        if expected == given {
            return Ok(());
        }
        let error = StorageError::BindCount { sql, expected, given };
        self.doomed.get_or_insert(error.clone());
        Err(error)
    }

    fn settle<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, StorageError> {
        answer.map_err(|error| {
            let error = self.failed(error);
            self.doomed.get_or_insert(error.clone());
            error
        })
    }

    fn failed(&mut self, error: sqlx::Error) -> StorageError {
        self.broken |= matches!(error, sqlx::Error::Io(_));
        StorageError::from(error)
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        // A transaction left open (a panic, a broken connection) must not reach the next user of the pool.
        if self.open || self.broken {
            match &mut self.link {
                Link::Own(_) | Link::Closed => {}
                Link::Sqlite(link) => link.close_on_drop(),
                Link::Postgres(link, _) => link.close_on_drop(),
            }
        }
    }
}

async fn within<T>(patience: Duration, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let late = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(patience, answer).await.map_err(late)?
}

macro_rules! bind {
    ($name:ident, $database:ty) => {
        fn $name(
            sql: &'static str,
            values: &[Value],
        ) -> Query<'static, $database, <$database as sqlx::Database>::Arguments> {
            let mut query = sqlx::query(sql);
            for value in values {
                query = match value {
                    Value::Int(value) => query.bind(*value),
                    Value::Text(value) => query.bind(value.as_deref()),
                    Value::Bytes(value) => query.bind(value.as_deref()),
                };
            }
            query
        }
    };
}

bind!(bind_sqlite, Sqlite);
bind!(bind_postgres, Postgres);
