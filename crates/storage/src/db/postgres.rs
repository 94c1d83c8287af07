//! PostgreSQL, or what speaks its protocol: a pool, one transaction per job, bounded retries.
//!
//! A job runs in a task of its own: when the caller goes away (a browser that closes its connection) the
//! transaction still ends properly, so impatience costs no connections.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use tracing::Instrument;

use super::job::run;
use super::options::StoreOptions;
use super::tally::Tally;
use super::tx::Tx;
use crate::StorageError;

/// Tries of a transaction that meets others.
const TRIES: u32 = 4;
/// Longest statement of a migration.
const MIGRATION: Duration = Duration::from_hours(1);
/// How much longer than the server's own time-out an answer is waited for.
const GRACE: Duration = Duration::from_secs(1);
/// A connection unused for longer is asked whether it still lives.
const RESTED: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    patience: Duration,
    faults: Arc<Faults>,
}

/// When a connection last broke: those that rest since before may be gone too (REL-04).
#[derive(Default)]
struct Faults(Mutex<Option<Instant>>);

impl Faults {
    fn note(&self, error: &StorageError) {
        if matches!(error, StorageError::Unavailable(_) | StorageError::CommitUnknown(_)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether a connection that was not used for `idle` has to be asked whether it lives.
    fn cast_doubt_on(&self, idle: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle > RESTED || last.is_some_and(|at| at.elapsed() <= idle)
    }
}

impl Postgres {
    pub(super) async fn connect(url: &str, options: &StoreOptions) -> Result<Self, StorageError> {
        let statement_timeout = options.statement_timeout.as_millis().to_string();
        let connect = PgConnectOptions::from_str(url)?
            .application_name("usher")
            .options([
                ("statement_timeout", statement_timeout.as_str()),
                ("lock_timeout", statement_timeout.as_str()),
                // A transaction whose client froze gives its locks back.
                ("idle_in_transaction_session_timeout", "30000"),
                ("default_transaction_isolation", "read committed"),
            ])
            .statement_cache_capacity(200)
            .disable_statement_logging();
        let faults = Arc::new(Faults::default());
        let doubts = Arc::clone(&faults);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(options.acquire_timeout)
            // A connection just used needs no question; one that rested may be gone (REL-04).
            .test_before_acquire(false)
            .before_acquire(move |link, usage| {
                let doubted = doubts.cast_doubt_on(usage.idle_for);
                Box::pin(async move {
                    if doubted {
                        link.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(connect)
            .await?;
        Ok(Self { pool, patience: options.statement_timeout + GRACE, faults })
    }

    pub(super) async fn tx(&self, tally: &Arc<Tally>) -> Result<Tx, StorageError> {
        Ok(Tx::postgres(self.pool.acquire().await?, self.patience, Arc::clone(tally)))
    }

    /// A connection for migrations, which may take their time.
    pub(super) async fn patient_tx(&self) -> Result<Tx, StorageError> {
        Ok(Tx::postgres(self.pool.acquire().await?, MIGRATION, Arc::default()))
    }

    /// Runs a job in a transaction, again when it meets others.
    pub(super) async fn write<T, E, J>(&self, tally: &Arc<Tally>, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        for attempt in 1..TRIES {
            match self.attempt(tally, job.clone()).await {
                (_, Met::Others) => tokio::time::sleep(pause(attempt, tally)).await,
                (outcome, Met::Nobody) => return outcome,
            }
        }
        self.attempt(tally, job).await.0
    }

    /// Runs a job in a transaction, once.
    pub(super) async fn write_once<T, E, J>(&self, tally: &Arc<Tally>, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.attempt(tally, job).await.0
    }

    pub(super) async fn read<T, E, J>(&self, tally: &Arc<Tally>, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<StorageError>,
    {
        let mut tx = self.tx(tally).await?;
        let outcome = run(job, &mut tx).await;
        tx.doom().inspect(|error| self.faults.note(error));
        outcome
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn attempt<T, E, J>(&self, tally: &Arc<Tally>, job: J) -> (Result<T, E>, Met)
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let tx = match self.begun(tally).await {
            Ok(tx) => tx,
            Err(error) => return (Err(E::from(error)), Met::Nobody),
        };
        let task = tokio::spawn(transaction(tx, Arc::clone(&self.faults), job).in_current_span());
        task.await.unwrap_or_else(|_| (Err(E::from(StorageError::JobPanicked)), Met::Nobody))
    }

    /// A transaction that has begun. A connection found broken here did no work yet, so another one is taken; after
    /// the first, all that rested are asked before they are handed out.
    async fn begun(&self, tally: &Arc<Tally>) -> Result<Tx, StorageError> {
        let mut tx = self.tx(tally).await?;
        match tx.begin("BEGIN").await {
            Err(error @ StorageError::Unavailable(_)) => {
                self.faults.note(&error);
                // Closed before the next one is asked for, or a pool of one would wait for itself.
                drop(tx);
                let mut tx = self.tx(tally).await?;
                tx.begin("BEGIN").await.map(|()| tx)
            }
            outcome => outcome.map(|()| tx),
        }
    }
}

/// Whether a transaction met another one, so that doing it again is right.
#[derive(Debug, PartialEq, Eq)]
enum Met {
    Nobody,
    Others,
}

impl Met {
    fn from(error: &StorageError) -> Self {
        if matches!(error, StorageError::Serialization(_)) { Self::Others } else { Self::Nobody }
    }
}

async fn transaction<T, E, J>(mut tx: Tx, faults: Arc<Faults>, job: J) -> (Result<T, E>, Met)
where
    J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    E: From<StorageError>,
{
    let outcome = run(job, &mut tx).await;
    tx.doom().inspect(|error| faults.note(error));
    let met = tx.doom().map_or(Met::Nobody, Met::from);
    match outcome {
        Ok(value) => match tx.commit().await {
            Ok(()) => (Ok(value), Met::Nobody),
            Err(error) => {
                faults.note(&error);
                let met = Met::from(&error);
                (Err(E::from(error)), met)
            }
        },
        Err(error) => {
            // When even this fails the connection is closed, which rolls back too.
            drop(tx.rollback().await);
            (Err(error), met)
        }
    }
}

/// 4, 8, 16 ms and up to as much again, so that two that met do not meet again.
fn pause(attempt: u32, tally: &Tally) -> Duration {
    let step = 4_u64 << attempt.min(4).saturating_sub(1);
    Duration::from_millis(step + tally.statements() % step)
}
