//! One-time codes that the helpdesk hands out in place of a second factor: one for each account, as a hash, redeemed
//! once by one conditional statement.

use chrono::{DateTime, Utc};
use usher_domain::UserId;

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Hash, StorageError};

statements! {
    PUT = "INSERT INTO bypass_codes (user_id, hash, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (user_id) DO UPDATE
           SET hash = excluded.hash, created_by = excluded.created_by, created_at = excluded.created_at,
               expires_at = excluded.expires_at, used_at = NULL";
    REDEEM = "UPDATE bypass_codes SET used_at = $3
              WHERE user_id = $1 AND hash = $2 AND used_at IS NULL AND expires_at > $3";
    LIVE = "SELECT created_by, created_at, expires_at FROM bypass_codes
            WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2";
    DELETE = "DELETE FROM bypass_codes WHERE user_id = $1";
}

/// What may be shown of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BypassCode {
    /// Who handed it out.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it runs out.
    pub expires_at: DateTime<Utc>,
}

/// Sets the code of an account in place of an earlier one.
pub async fn put(tx: &mut Tx, user: &UserId, hash: &Hash, code: &BypassCode) -> Result<(), StorageError> {
    let values = values![user.as_str(), hash, &code.created_by, code.created_at, code.expires_at];
    tx.execute(PUT, values).await.map(drop)
}

/// Uses a code up, once for ever; false when it was used, ran out, or never was.
pub async fn redeem(tx: &mut Tx, user: &UserId, hash: &Hash, now: DateTime<Utc>) -> Result<bool, StorageError> {
    Ok(tx.execute(REDEEM, values![user.as_str(), hash, now]).await? > 0)
}

/// The code of an account that can still be used.
pub async fn live(tx: &mut Tx, user: &UserId, now: DateTime<Utc>) -> Result<Option<BypassCode>, StorageError> {
    tx.fetch_optional(LIVE, values![user.as_str(), now]).await?.map(|row| read(&row)).transpose()
}

/// Takes the code of an account back.
pub async fn delete(tx: &mut Tx, user: &UserId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![user.as_str()]).await? > 0)
}

fn read(row: &Row) -> Result<BypassCode, StorageError> {
    Ok(BypassCode {
        created_by: row.text("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}
