//! The one writer of a SQLite file: jobs queue up, and up to 128 of them share one COMMIT.
//!
//! Every job runs in a savepoint of its own and nothing is answered before the COMMIT that carries it. A COMMIT
//! that fails answers its whole batch with the error; nothing is done again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::job::{Ended, Job, erase};
use super::tally::Tally;
use super::tx::Tx;
use crate::StorageError;

/// Most jobs in one COMMIT.
const BATCH: usize = 128;
/// Most jobs waiting; more are refused after the acquire time-out.
const QUEUE: usize = 1024;

const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT job";
const NEXT: &str = "RELEASE job; SAVEPOINT job";
const UNDO: &str = "ROLLBACK TO job";

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    patience: Duration,
}

impl Writer {
    /// Connects and starts the writer. It ends when the last sender is dropped.
    pub(super) async fn start(
        options: SqliteConnectOptions,
        tally: Arc<Tally>,
        patience: Duration,
    ) -> Result<(Self, JoinHandle<()>), StorageError> {
        let tx = Tx::own(options.connect().await?, Arc::clone(&tally));
        let (jobs, queue) = mpsc::channel(QUEUE);
        let desk = Desk { tx: Some(tx), options, tally };
        let task = tokio::spawn(desk.work(queue));
        Ok((Self { jobs, patience }, task))
    }

    /// Queues a job and waits for its COMMIT.
    pub(super) async fn run<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let (job, answer) = erase(job);
        self.jobs.send_timeout(job, self.patience).await.map_err(|_| StorageError::Busy)?;
        // Dropped without an answer: the writer could not begin, and said why in the log.
        answer.await.unwrap_or_else(|_| Err(E::from(StorageError::Busy)))
    }
}

struct Desk {
    tx: Option<Tx>,
    options: SqliteConnectOptions,
    tally: Arc<Tally>,
}

impl Desk {
    async fn work(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        while queue.recv_many(&mut jobs, BATCH).await > 0 {
            while !jobs.is_empty() {
                if let Err(error) = self.batch(&mut jobs).await {
                    tracing::error!(%error, cause = ?error, "a batch of writes failed");
                    // A fresh connection has no half-open transaction; what was not run is refused.
                    jobs.clear();
                    self.tx = None;
                }
            }
        }
        if let Some(tx) = self.tx {
            tx.close().await;
        }
    }

    /// Runs jobs from the front of `jobs` and commits them. An error means that the connection is of no use.
    async fn batch(&mut self, jobs: &mut Vec<Job>) -> Result<(), StorageError> {
        if self.tx.is_none() {
            self.tx = Some(Tx::own(self.options.connect().await?, Arc::clone(&self.tally)));
        }
        let Some(tx) = self.tx.as_mut() else { return Ok(()) };
        tx.begin(BEGIN).await?;
        let mut ended = Vec::with_capacity(jobs.len());
        let outcome = match run_all(tx, jobs, &mut ended).await {
            Ok(()) if ended.iter().any(|job| job.keep) => tx.commit().await,
            Ok(()) => tx.rollback().await,
            Err(error) => Err(error),
        };
        for job in ended {
            (job.answer)(outcome.clone());
        }
        if outcome.is_err() {
            tx.rollback().await.or_else(|error| if is_no_transaction(&error) { Ok(()) } else { Err(error) })?;
        }
        Ok(())
    }
}

async fn run_all(tx: &mut Tx, jobs: &mut Vec<Job>, ended: &mut Vec<Ended>) -> Result<(), StorageError> {
    let count = jobs.len();
    for (index, job) in jobs.drain(..).enumerate() {
        let done = job(tx).await;
        let keep = done.keep;
        ended.push(done);
        // The savepoint of a job that is kept goes with COMMIT when it is the last.
        match (keep, index + 1 == count) {
            (true, true) => {}
            (true, false) => tx.script(NEXT).await.map_err(given_up)?,
            (false, _) => tx.script(UNDO).await.map_err(given_up)?,
        }
    }
    Ok(())
}

/// No savepoint: SQLite gave up the whole transaction (disk full, disk broken), and with it every job before.
fn given_up(error: StorageError) -> StorageError {
    match error {
        StorageError::Database(cause) => StorageError::Unavailable(cause),
        other => other,
    }
}

/// ROLLBACK after SQLite itself rolled back answers with an error that means "done".
fn is_no_transaction(error: &StorageError) -> bool {
    matches!(error, StorageError::Database(_))
}
