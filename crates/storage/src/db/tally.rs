//! Counts of statements and commits: the unit in which the budget of a sign-in is written down.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the store did since it was opened. Statements are those of the jobs; BEGIN, SAVEPOINT and COMMIT are
/// not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Statements on durable tables.
    pub statements: u64,
    /// Durable COMMITs; on SQLite one may carry many jobs.
    pub commits: u64,
    /// Statements on ephemeral tables.
    pub ephemeral_statements: u64,
    /// Ephemeral COMMITs.
    pub ephemeral_commits: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    statements: AtomicU64,
    commits: AtomicU64,
}

impl Tally {
    pub(crate) fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}
