//! Runs beside the async threads, a few at once for each application: a hostile script slows its own sign-ins down.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Semaphore;
use usher_domain::ApplicationId;
use usher_flow_script::{Limits, Program, Record, Run, run};

use super::program::Scripts;

/// Runs at once in this process.
const ALL: usize = 8;
/// Runs at once of one application.
const OWN: usize = 2;
/// Longest wait for a turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest a run is waited for, whatever the engine's own limits do.
const DEADLINE: Duration = Duration::from_secs(6);
/// Applications whose brake is kept.
const KEPT: u64 = 1_000;

/// Why a run gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cut {
    /// Others are still running.
    #[error("too many scripts of this application are running")]
    Busy,
    /// It did not come back in time.
    #[error("the script did not end in time")]
    Overdue,
    /// The engine failed.
    #[error("the script engine failed")]
    Crashed,
}

/// The brakes.
pub(super) struct Brakes {
    all: Arc<Semaphore>,
    own: Cache<ApplicationId, Arc<Semaphore>>,
}

impl Brakes {
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(ALL)), own: Cache::new(KEPT) }
    }
}

impl Scripts {
    /// One run, on a thread that may block.
    pub(super) async fn run(
        &self,
        application: &ApplicationId,
        program: &Program,
        record: &Record,
    ) -> Result<Run, Cut> {
        let (program, record) = (program.clone(), record.clone());
        self.aside(application, move || run(&program, &record, &Limits::default())).await
    }

    /// Work of scripts on a thread that may block, held to the brakes.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        application: &ApplicationId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Cut> {
        let own = self.brakes.own.get_with(application.clone(), || Arc::new(Semaphore::new(OWN)));
        let turn =
            async { Some((own.acquire_owned().await.ok()?, Arc::clone(&self.brakes.all).acquire_owned().await.ok()?)) };
        let turn = tokio::time::timeout(PATIENCE, turn).await.ok().flatten().ok_or(Cut::Busy)?;
        let ran = tokio::task::spawn_blocking(move || {
            // A run that is overdue keeps its turn until its thread is free again.
            let _turn = turn;
            work()
        });
        match tokio::time::timeout(DEADLINE, ran).await {
            Ok(Ok(ran)) => Ok(ran),
            Ok(Err(_)) => Err(Cut::Crashed),
            Err(_) => Err(Cut::Overdue),
        }
    }
}
