//! The store: opening, checking, and running jobs on the durable and the ephemeral side.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteSynchronous;

use super::options::{Place, StoreOptions};
use super::postgres::Postgres;
use super::sqlite::{self, SqliteFile};
use super::tally::{Counts, Tally};
use super::tx::Tx;
use super::{ephemeral, migrations};
use crate::seal::Sealer;
use crate::{StorageError, key_check};

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    side: Side,
    sealer: Sealer,
}

enum Side {
    Embedded { durable: SqliteFile, ephemeral: SqliteFile },
    Server { server: Postgres, durable: Arc<Tally>, ephemeral: Arc<Tally> },
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("embedded", &self.is_embedded()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store: refuses a schema that is not ours and a master key that did not seal it.
    pub async fn open(options: &StoreOptions) -> Result<Self, StorageError> {
        let side = match options.place()? {
            Place::Sqlite(path) => {
                if !path.exists() {
                    return Err(StorageError::SchemaMissing);
                }
                let durable = SqliteFile::open(&path, SqliteSynchronous::Full, options).await;
                let durable = durable.map_err(|error| cannot_open(options, error))?;
                durable.read(|tx| Box::pin(migrations::check(tx))).await?;
                Side::Embedded { durable, ephemeral: ephemeral::open(&path, options).await? }
            }
            Place::Postgres(url) => {
                let server = Postgres::connect(&url, options).await.map_err(|error| cannot_open(options, error))?;
                let (durable, ephemeral) = (Arc::default(), Arc::default());
                server.read(&durable, |tx| Box::pin(migrations::check(tx))).await?;
                Side::Server { server, durable, ephemeral }
            }
        };
        let store = Self { inner: Arc::new(Inner { side, sealer: Sealer::new(&options.master) }) };
        key_check::prove(&store).await?;
        Ok(store)
    }

    /// Applies the migrations that are missing and gives their names. Call before [`Store::open`].
    pub async fn migrate(options: &StoreOptions, now: DateTime<Utc>) -> Result<Vec<&'static str>, StorageError> {
        match options.place()? {
            Place::Sqlite(path) => {
                let mut tx = sqlite::connect(&path).await.map_err(|error| cannot_open(options, error))?;
                let names = migrations::apply(&mut tx, now).await;
                tx.close().await;
                names
            }
            Place::Postgres(url) => {
                let server = Postgres::connect(&url, options).await.map_err(|error| cannot_open(options, error))?;
                let names = migrations::apply(&mut server.patient_tx().await?, now).await;
                server.close().await;
                names
            }
        }
    }

    /// Seals and opens secrets at rest.
    pub fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// Whether the database is a file of ours.
    pub fn is_embedded(&self) -> bool {
        matches!(self.inner.side, Side::Embedded { .. })
    }

    /// What was done since the store was opened.
    pub fn counts(&self) -> Counts {
        let (durable, ephemeral) = match &self.inner.side {
            Side::Embedded { durable, ephemeral } => (&durable.tally, &ephemeral.tally),
            Side::Server { durable, ephemeral, .. } => (durable, ephemeral),
        };
        Counts {
            statements: durable.statements(),
            commits: durable.commits(),
            ephemeral_statements: ephemeral.statements(),
            ephemeral_commits: ephemeral.commits(),
        }
    }

    /// Whether the database answers: for readiness.
    pub async fn ping(&self) -> Result<(), StorageError> {
        self.read(|tx| Box::pin(async move { crate::config::version(tx).await.map(drop) })).await
    }

    /// Lets what is queued finish and closes every connection.
    pub async fn close(&self) {
        match &self.inner.side {
            Side::Embedded { durable, ephemeral } => {
                durable.close().await;
                ephemeral.close().await;
            }
            Side::Server { server, .. } => server.close().await,
        }
    }

    /// Runs a job on the durable side and answers after its COMMIT; `Err` rolls it back. On PostgreSQL a job that
    /// meets another transaction runs again, which is why it is `Clone`.
    pub async fn write<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        match &self.inner.side {
            Side::Embedded { durable, .. } => durable.write(job).await,
            Side::Server { server, durable, .. } => server.write(durable, job).await,
        }
    }

    /// [`Store::write`] for a job that cannot run twice: meeting another transaction is
    /// [`StorageError::Serialization`] at once.
    pub async fn write_once<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        match &self.inner.side {
            Side::Embedded { durable, .. } => durable.write(job).await,
            Side::Server { server, durable, .. } => server.write_once(durable, job).await,
        }
    }

    /// Runs a job that only reads, without a transaction: each statement sees the latest commit.
    pub async fn read<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
        T: Send,
        E: From<StorageError> + Send,
    {
        match &self.inner.side {
            Side::Embedded { durable, .. } => durable.read(job).await,
            Side::Server { server, durable, .. } => server.read(durable, job).await,
        }
    }

    /// [`Store::write`] on the ephemeral side: flows and pending hand-shakes.
    pub async fn write_ephemeral<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        match &self.inner.side {
            Side::Embedded { ephemeral, .. } => ephemeral.write(job).await,
            Side::Server { server, ephemeral, .. } => server.write(ephemeral, job).await,
        }
    }

    /// [`Store::read`] on the ephemeral side.
    pub async fn read_ephemeral<T, E, J>(&self, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
        T: Send,
        E: From<StorageError> + Send,
    {
        match &self.inner.side {
            Side::Embedded { ephemeral, .. } => ephemeral.read(job).await,
            Side::Server { server, ephemeral, .. } => server.read(ephemeral, job).await,
        }
    }
}

fn cannot_open(options: &StoreOptions, error: StorageError) -> StorageError {
    match error {
        StorageError::Database(cause) | StorageError::Unavailable(cause) => {
            StorageError::Open { url: options.shown_url(), cause }
        }
        other => other,
    }
}
