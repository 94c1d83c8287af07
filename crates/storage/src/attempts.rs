//! Failed attempts by name (an account, an address), durable, so that a restart gives nobody new guesses.
//!
//! Counted in one statement: parallel guesses cannot share a count (DOS-18 and the lockout cases).

use chrono::{DateTime, Duration, Utc};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;

statements! {
    RECORD = "INSERT INTO attempts (name, failures, window_started_at, locked_until, expires_at)
              VALUES ($1, 1, $2, CASE WHEN $4 <= 1 THEN $5 ELSE 0 END, $6)
              ON CONFLICT (name) DO UPDATE SET
                  failures = CASE WHEN attempts.window_started_at <= $3 THEN 1 ELSE attempts.failures + 1 END,
                  window_started_at = CASE WHEN attempts.window_started_at <= $3 THEN $2
                                           ELSE attempts.window_started_at END,
                  locked_until = CASE
                      WHEN $4 <= CASE WHEN attempts.window_started_at <= $3 THEN 1
                                      ELSE attempts.failures + 1 END THEN $5
                      ELSE attempts.locked_until END,
                  expires_at = $6
              RETURNING failures, locked_until";
    STATE = "SELECT failures, locked_until FROM attempts WHERE name = $1 AND expires_at > $2";
    CLEAR = "DELETE FROM attempts WHERE name = $1";
}

/// How many failures lock, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptPolicy {
    /// Failures within the window that lock.
    pub limit: u32,
    /// Failures older than this are forgotten together.
    pub window: Duration,
    /// How long a lock lasts, from the last failure.
    pub lock: Duration,
}

/// What is known about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AttemptState {
    /// Failures in the present window.
    pub failures: i64,
    /// Until when it is locked, if it is.
    pub locked_until: Option<DateTime<Utc>>,
}

/// Counts a failure and gives the state after it.
pub async fn record_failure(
    tx: &mut Tx,
    name: &str,
    policy: &AttemptPolicy,
    now: DateTime<Utc>,
) -> Result<AttemptState, StorageError> {
    let expires_at = now + policy.window.max(policy.lock);
    let values = values![name, now, now - policy.window, policy.limit, now + policy.lock, expires_at];
    read(&tx.fetch_one(RECORD, values).await?, now)
}

/// The state of a name.
pub async fn state(tx: &mut Tx, name: &str, now: DateTime<Utc>) -> Result<AttemptState, StorageError> {
    let row = tx.fetch_optional(STATE, values![name, now]).await?;
    row.map(|row| read(&row, now)).transpose().map(Option::unwrap_or_default)
}

/// Forgets the failures of a name, after a success or by an admin.
pub async fn clear(tx: &mut Tx, name: &str) -> Result<(), StorageError> {
    tx.execute(CLEAR, values![name]).await.map(drop)
}

fn read(row: &Row, now: DateTime<Utc>) -> Result<AttemptState, StorageError> {
    let locked_until = Some(row.time("locked_until")?).filter(|until| *until > now);
    Ok(AttemptState { failures: row.int("failures")?, locked_until })
}
