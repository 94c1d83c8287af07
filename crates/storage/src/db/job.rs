//! A job with its types erased, so that one writer can run jobs of every kind and answer them after COMMIT.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::tx::Tx;
use crate::StorageError;

/// What the writer is handed.
pub(super) type Job = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Ended> + Send>;

/// A job that ran and waits for its COMMIT.
pub(super) struct Ended {
    /// Whether its changes stay.
    pub(super) keep: bool,
    /// Tells the caller, with the outcome of the COMMIT.
    pub(super) answer: Box<dyn FnOnce(Result<(), StorageError>) + Send>,
}

/// Runs a job and turns a panic, and a statement error that it swallowed, into an error.
pub(super) async fn run<T, E, J>(job: J, tx: &mut Tx) -> Result<T, E>
where
    J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    E: From<StorageError>,
{
    tx.absolve();
    let outcome = AssertUnwindSafe(async { job(&mut *tx).await }).catch_unwind().await;
    match (outcome, tx.doom()) {
        (Err(_), _) => Err(E::from(StorageError::JobPanicked)),
        (Ok(Ok(_)), Some(doom)) => Err(E::from(doom.clone())),
        (Ok(outcome), _) => outcome,
    }
}

/// Erases the types of a job.
pub(super) fn erase<T, E, J>(job: J) -> (Job, oneshot::Receiver<Result<T, E>>)
where
    J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<StorageError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let job: Job = Box::new(move |tx| {
        Box::pin(async move {
            let outcome = run(job, tx).await;
            Ended {
                keep: outcome.is_ok(),
                answer: Box::new(move |committed| {
                    let answer = outcome.and_then(|value| committed.map(|()| value).map_err(E::from));
                    // Nobody waits any more: the caller went away, the commit stands.
                    drop(sender.send(answer));
                }),
            }
        })
    });
    (job, receiver)
}
