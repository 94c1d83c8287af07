//! Authenticator apps (RFC 6238): the seed sealed under [`crate::Purpose::TOTP`] with the id as row id, and the last
//! time step that was accepted.
//!
//! A step is taken by one conditional statement, so that a code counts once: not twice in parallel, not on another node,
//! not after the clock went back (RFC 6238 section 5.2).

use chrono::{DateTime, Utc};
use usher_domain::{TotpId, UserId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Sealed, StorageError};

statements! {
    INSERT = "INSERT INTO totp_devices (id, user_id, sealed, name, created_at, last_step, last_used_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LIST = "SELECT id, user_id, sealed, name, created_at, last_step, last_used_at FROM totp_devices
            WHERE user_id = $1 ORDER BY created_at, id";
    USE_STEP = "UPDATE totp_devices SET last_step = $2, last_used_at = $3
                WHERE id = $1 AND (last_step IS NULL OR last_step < $2)";
    RENAME = "UPDATE totp_devices SET name = $3 WHERE id = $1 AND user_id = $2";
    DELETE = "DELETE FROM totp_devices WHERE id = $1 AND user_id = $2";
    DELETE_ALL = "DELETE FROM totp_devices WHERE user_id = $1";
}

/// One authenticator app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpRow {
    /// Id; row id of the seal.
    pub id: TotpId,
    /// Whose.
    pub user: UserId,
    /// The seed, sealed.
    pub sealed: Sealed,
    /// What the person calls it.
    pub name: String,
    /// When it was enrolled.
    pub created_at: DateTime<Utc>,
    /// The last time step accepted.
    pub last_step: Option<i64>,
    /// When that was.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Adds an app, with the step that proved it.
pub async fn insert(tx: &mut Tx, row: &TotpRow) -> Result<(), StorageError> {
    let values = values![
        row.id.as_str(),
        row.user.as_str(),
        row.sealed.as_bytes(),
        &row.name,
        row.created_at,
        row.last_step,
        row.last_used_at,
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// The apps of an account, oldest first.
pub async fn list(tx: &mut Tx, user: &UserId) -> Result<Vec<TotpRow>, StorageError> {
    tx.fetch_all(LIST, values![user.as_str()]).await?.iter().map(read).collect()
}

/// Takes a time step, once for ever; false when this one or a later one was taken, or the app is gone.
pub async fn use_step(tx: &mut Tx, id: &TotpId, step: i64, now: DateTime<Utc>) -> Result<bool, StorageError> {
    Ok(tx.execute(USE_STEP, values![id.as_str(), step, now]).await? > 0)
}

/// Renames an app of an account.
pub async fn rename(tx: &mut Tx, id: &TotpId, user: &UserId, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(RENAME, values![id.as_str(), user.as_str(), name]).await? > 0)
}

/// Removes an app of an account.
pub async fn delete(tx: &mut Tx, id: &TotpId, user: &UserId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id.as_str(), user.as_str()]).await? > 0)
}

/// Removes all apps of an account.
pub async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<u64, StorageError> {
    tx.execute(DELETE_ALL, values![user.as_str()]).await
}

fn read(row: &Row) -> Result<TotpRow, StorageError> {
    Ok(TotpRow {
        id: row.parsed("id")?,
        user: row.parsed("user_id")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        last_step: row.opt_int("last_step")?,
        last_used_at: row.opt_time("last_used_at")?,
    })
}
