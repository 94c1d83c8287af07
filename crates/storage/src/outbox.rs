//! Mail on its way out: written in the transaction that caused it, sent after its commit, gone when sent.

use chrono::{DateTime, Duration, Utc};
use usher_domain::MailId;

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Sealed, StorageError};

statements! {
    INSERT = "INSERT INTO outbox (id, sealed, created_at, due_at, attempts, expires_at) VALUES ($1, $2, $3, $4, 0, $5)";
    DUE = "SELECT id, sealed, created_at, due_at, attempts, expires_at FROM outbox WHERE due_at <= $1
           ORDER BY due_at, id LIMIT $2";
    /// Of two nodes that saw the same row, one moves it.
    CLAIM = "UPDATE outbox SET due_at = $3, attempts = attempts + 1 WHERE id = $1 AND due_at = $2 RETURNING attempts";
    DONE = "DELETE FROM outbox WHERE id = $1";
    FAIL = "UPDATE outbox SET due_at = $2 WHERE id = $1";
    COUNTS = "SELECT COUNT(*) AS waiting, COALESCE(SUM(CASE WHEN due_at <= $1 THEN 1 ELSE 0 END), 0) AS due FROM outbox";
}

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Id; row id of the seal.
    pub id: MailId,
    /// The mail.
    pub sealed: Sealed,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it is to be tried (again).
    pub due_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is given up.
    pub expires_at: DateTime<Utc>,
}

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    /// All mails.
    pub waiting: i64,
    /// Those whose time has come.
    pub due: i64,
}

/// Adds a mail.
pub async fn insert(tx: &mut Tx, row: &OutboxRow) -> Result<(), StorageError> {
    let values = values![row.id.as_str(), row.sealed.as_bytes(), row.created_at, row.due_at, row.expires_at];
    tx.execute(INSERT, values).await.map(drop)
}

/// Takes mails whose time has come, expired ones too, for as long as the lease; attempts are counted already.
pub async fn claim_due(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease: Duration,
    limit: u32,
) -> Result<Vec<OutboxRow>, StorageError> {
    let mut claimed = Vec::new();
    for row in tx.fetch_all(DUE, values![now, limit]).await? {
        let mut mail = read(&row)?;
        let until = now + lease;
        if let Some(row) = tx.fetch_optional(CLAIM, values![mail.id.as_str(), mail.due_at, until]).await? {
            mail.attempts = row.int("attempts")?;
            mail.due_at = until;
            claimed.push(mail);
        }
    }
    Ok(claimed)
}

/// Removes a mail that was sent or given up; false when it was gone.
pub async fn done(tx: &mut Tx, id: &MailId) -> Result<bool, StorageError> {
    Ok(tx.execute(DONE, values![id.as_str()]).await? > 0)
}

/// Says when a mail that failed is tried again.
pub async fn fail(tx: &mut Tx, id: &MailId, due_at: DateTime<Utc>) -> Result<bool, StorageError> {
    Ok(tx.execute(FAIL, values![id.as_str(), due_at]).await? > 0)
}

/// How much waits.
pub async fn counts(tx: &mut Tx, now: DateTime<Utc>) -> Result<OutboxCounts, StorageError> {
    let row = tx.fetch_one(COUNTS, values![now]).await?;
    Ok(OutboxCounts { waiting: row.int("waiting")?, due: row.int("due")? })
}

fn read(row: &Row) -> Result<OutboxRow, StorageError> {
    Ok(OutboxRow {
        id: row.parsed("id")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
        created_at: row.time("created_at")?,
        due_at: row.time("due_at")?,
        attempts: row.int("attempts")?,
        expires_at: row.time("expires_at")?,
    })
}
