//! Refresh tokens: hashes, rotated by one conditional statement (RFC 9700 section 4.14.2).
//!
//! All tokens of a grant are one family. A rotated token that comes back is a replay: revoke the grant.

use chrono::{DateTime, Utc};
use usher_domain::GrantId;

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Hash, StorageError};

statements! {
    INSERT = "INSERT INTO refresh_tokens (hash, grant_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    FIND = "SELECT hash, grant_id, created_at, expires_at, rotated_at FROM refresh_tokens WHERE hash = $1";
    ROTATE = "UPDATE refresh_tokens SET rotated_at = $1
              WHERE hash = $2 AND rotated_at IS NULL AND expires_at > $1
                  AND EXISTS (SELECT 1 FROM grants
                              WHERE grants.id = refresh_tokens.grant_id AND grants.revoked_at IS NULL)
                  AND EXISTS (SELECT 1 FROM config_version WHERE version = $3)
              RETURNING grant_id";
}

/// A stored refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Hash of the token.
    pub hash: Hash,
    /// Its family.
    pub grant: GrantId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it runs out.
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged for another one.
    pub rotated_at: Option<DateTime<Utc>>,
}

/// A token to be exchanged for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// Hash of the token brought.
    pub old: Hash,
    /// Hash of the token given.
    pub new: Hash,
    /// When the new token runs out.
    pub new_expires_at: DateTime<Utc>,
    /// The configuration that the decision rests on.
    pub config_version: i64,
    /// The present time.
    pub now: DateTime<Utc>,
}

/// Adds the first token of a grant; its `rotated_at` is not looked at.
pub async fn insert(tx: &mut Tx, token: &RefreshToken) -> Result<(), StorageError> {
    let values = values![&token.hash, token.grant.as_str(), token.created_at, token.expires_at];
    tx.execute(INSERT, values).await.map(drop)
}

/// A token, whatever became of it.
pub async fn find(tx: &mut Tx, hash: &Hash) -> Result<Option<RefreshToken>, StorageError> {
    tx.fetch_optional(FIND, values![hash]).await?.map(|row| read(&row)).transpose()
}

/// Exchanges a token, once for ever. None: rotated before, expired, its grant revoked, or the configuration moved.
pub async fn rotate(tx: &mut Tx, rotation: &Rotation) -> Result<Option<GrantId>, StorageError> {
    let values = values![rotation.now, &rotation.old, rotation.config_version];
    let Some(row) = tx.fetch_optional(ROTATE, values).await? else { return Ok(None) };
    let grant: GrantId = row.parsed("grant_id")?;
    let values = values![&rotation.new, grant.as_str(), rotation.now, rotation.new_expires_at];
    tx.execute(INSERT, values).await?;
    Ok(Some(grant))
}

fn read(row: &Row) -> Result<RefreshToken, StorageError> {
    Ok(RefreshToken {
        hash: row.hash("hash")?,
        grant: row.parsed("grant_id")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        rotated_at: row.opt_time("rotated_at")?,
    })
}
