//! One-time links of the command line and the first start: hashes, redeemed once by one conditional statement.

use chrono::{DateTime, Utc};

use crate::db::{Tx, values};
use crate::statements::statements;
use crate::{Hash, StorageError};

statements! {
    INSERT = "INSERT INTO setup_tokens (hash, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    LIVE = "SELECT purpose FROM setup_tokens WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
    REDEEM = "UPDATE setup_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2
              RETURNING purpose";
    REVOKE_ALL = "DELETE FROM setup_tokens WHERE purpose = $1 AND used_at IS NULL";
}

/// A one-time link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupToken {
    /// Hash of its secret part.
    pub hash: Hash,
    /// What it is good for.
    pub purpose: String,
    /// When it runs out.
    pub expires_at: DateTime<Utc>,
}

/// Adds a link.
pub async fn insert(tx: &mut Tx, token: &SetupToken, now: DateTime<Utc>) -> Result<(), StorageError> {
    tx.execute(INSERT, values![&token.hash, &token.purpose, now, token.expires_at]).await.map(drop)
}

/// What a link is good for, if it still is.
pub async fn is_live(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<Option<String>, StorageError> {
    tx.fetch_optional(LIVE, values![hash, now]).await?.map(|row| row.text("purpose")).transpose()
}

/// Uses a link up and gives what it was good for; none when it was used, expired, or never was.
pub async fn redeem(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<Option<String>, StorageError> {
    tx.fetch_optional(REDEEM, values![hash, now]).await?.map(|row| row.text("purpose")).transpose()
}

/// Takes back all unused links of a purpose.
pub async fn revoke_all(tx: &mut Tx, purpose: &str) -> Result<u64, StorageError> {
    tx.execute(REVOKE_ALL, values![purpose]).await
}
