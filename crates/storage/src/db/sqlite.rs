//! SQLite: one file with one writer and a few readers, in WAL mode.
//!
//! `synchronous=FULL` for what must not be lost (a code marked as used that comes back after a power failure
//! would be redeemable twice); `OFF` for the file of sign-ins in progress.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use tokio::task::JoinHandle;

use super::job::run;
use super::options::StoreOptions;
use super::tally::Tally;
use super::tx::Tx;
use super::writer::Writer;
use crate::StorageError;

/// How long a statement waits for another process (the command line) that writes.
const BUSY: Duration = Duration::from_secs(5);

/// One open file.
pub(super) struct SqliteFile {
    writer: std::sync::Mutex<Option<Arc<Writer>>>,
    task: std::sync::Mutex<Option<JoinHandle<()>>>,
    readers: SqlitePool,
    pub(super) tally: Arc<Tally>,
}

impl SqliteFile {
    /// Opens the file with its writer and its readers.
    pub(super) async fn open(
        path: &Path,
        synchronous: SqliteSynchronous,
        options: &StoreOptions,
    ) -> Result<Self, StorageError> {
        let tally = Arc::new(Tally::default());
        let connect = connect_options(path, synchronous)?;
        let (writer, task) = Writer::start(connect.clone(), Arc::clone(&tally), options.acquire_timeout).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .connect_with(connect.pragma("query_only", "ON"))
            .await?;
        let writer = std::sync::Mutex::new(Some(Arc::new(writer)));
        Ok(Self { writer, task: std::sync::Mutex::new(Some(task)), readers, tally })
    }

    pub(super) async fn write<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let writer = lock(&self.writer).clone();
        match writer {
            Some(writer) => writer.run(job).await,
            None => Err(E::from(StorageError::Busy)),
        }
    }

    pub(super) async fn read<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<StorageError>,
    {
        let link = self.readers.acquire().await.map_err(StorageError::from)?;
        run(job, &mut Tx::sqlite(link, Arc::clone(&self.tally))).await
    }

    /// Lets queued jobs finish, then closes the file. The writer goes last: who may write empties the log.
    pub(super) async fn close(&self) {
        drop(lock(&self.writer).take());
        self.readers.close().await;
        let task = lock(&self.task).take();
        if let Some(task) = task {
            // A writer that panicked has nothing left to finish.
            drop(task.await);
        }
    }
}

/// A connection of its own to a file, for migrations.
pub(super) async fn connect(path: &Path) -> Result<Tx, StorageError> {
    let options = connect_options(path, SqliteSynchronous::Full)?;
    Ok(Tx::own(options.connect().await?, Arc::default()))
}

/// Whether a file holds a sound database, as far as SQLite can tell quickly.
pub(super) async fn is_sound(path: &Path) -> bool {
    let Ok(options) = connect_options(path, SqliteSynchronous::Off) else { return false };
    let Ok(link) = options.connect().await else { return false };
    let mut tx = Tx::own(link, Arc::default());
    let answer = tx.fetch_optional("PRAGMA quick_check(1)", &[]).await;
    tx.close().await;
    answer.ok().flatten().and_then(|row| row.text("quick_check").ok()).is_some_and(|text| text == "ok")
}

fn connect_options(path: &Path, synchronous: SqliteSynchronous) -> Result<SqliteConnectOptions, StorageError> {
    create_private(path).map_err(|error| StorageError::Unavailable(Arc::new(error)))?;
    Ok(SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(200)
        .disable_statement_logging())
}

/// Creates the file for its owner only; SQLite gives its WAL the same rights.
fn create_private(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
