//! What somebody began in the account page and has not ended: a factor that is being set up, codes that are being
//! shown, an account of a provider that is about to be linked. Ephemeral, bound to one session.
//!
//! There is one of a kind per session, the latest: an earlier page of the same kind leads nowhere. It is taken once, by
//! one conditional statement that names the very blob that was read.

use chrono::{DateTime, Utc};
use usher_domain::SessionId;

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Sealed, StorageError};

statements! {
    PUT = "INSERT INTO account_steps (session, kind, sealed, expires_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (session, kind) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at";
    GET = "SELECT session, kind, sealed, expires_at FROM account_steps
           WHERE session = $1 AND kind = $2 AND expires_at > $3";
    TAKE = "DELETE FROM account_steps WHERE session = $1 AND kind = $2 AND sealed = $3 AND expires_at > $4";
    DELETE = "DELETE FROM account_steps WHERE session = $1 AND kind = $2";
}

/// Something that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStep {
    /// The session that began it.
    pub session: SessionId,
    /// What, in one stable word.
    pub kind: String,
    /// What its end needs, sealed under [`crate::Purpose::ACCOUNT_STEP`].
    pub sealed: Sealed,
    /// Until when it may be ended.
    pub expires_at: DateTime<Utc>,
}

/// Begins it, in place of an earlier one of the same kind.
pub async fn put(tx: &mut Tx, step: &AccountStep) -> Result<(), StorageError> {
    let values = values![step.session.as_str(), &step.kind, step.sealed.as_bytes(), step.expires_at];
    tx.execute(PUT, values).await.map(drop)
}

/// What a session began, while it may be ended.
pub async fn get(
    tx: &mut Tx,
    session: &SessionId,
    kind: &str,
    now: DateTime<Utc>,
) -> Result<Option<AccountStep>, StorageError> {
    tx.fetch_optional(GET, values![session.as_str(), kind, now]).await?.map(|row| read(&row)).transpose()
}

/// Ends it, once for ever; false when it was ended, replaced or ran out.
pub async fn take(tx: &mut Tx, step: &AccountStep, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let values = values![step.session.as_str(), &step.kind, step.sealed.as_bytes(), now];
    Ok(tx.execute(TAKE, values).await? > 0)
}

/// Drops it, whatever it is; false when there was nothing.
pub async fn delete(tx: &mut Tx, session: &SessionId, kind: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![session.as_str(), kind]).await? > 0)
}

fn read(row: &Row) -> Result<AccountStep, StorageError> {
    Ok(AccountStep {
        session: row.parsed("session")?,
        kind: row.text("kind")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
        expires_at: row.time("expires_at")?,
    })
}
