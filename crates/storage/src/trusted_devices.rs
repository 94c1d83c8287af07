//! Browsers that are remembered in place of second factors, each for one person and one flow.
//!
//! Of the cookie's value only the hash is here. It changes with every use, by one conditional statement: of a copied
//! cookie and the browser it was copied from, only the first to come is remembered.

use chrono::{DateTime, Utc};
use usher_domain::{FlowOwner, UserId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Hash, StorageError};

macro_rules! columns {
    () => {
        "hash, user_id, owner, created_at, expires_at, last_used_at, label"
    };
}

statements! {
    INSERT = concat!("INSERT INTO trusted_devices (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)");
    ROTATE = concat!("UPDATE trusted_devices SET hash = $2, last_used_at = $3
        WHERE hash = $1 AND expires_at > $3 AND user_id = $4 AND owner = $5 RETURNING ", columns!());
    GET = concat!("SELECT ", columns!(), " FROM trusted_devices WHERE hash = $1 AND expires_at > $2");
    LIST = concat!("SELECT ", columns!(), " FROM trusted_devices WHERE user_id = $1 AND expires_at > $2
        ORDER BY last_used_at DESC, hash");
    DELETE = "DELETE FROM trusted_devices WHERE hash = $1 AND user_id = $2";
    DELETE_ALL = "DELETE FROM trusted_devices WHERE user_id = $1";
    DELETE_BY_OWNER = "DELETE FROM trusted_devices WHERE owner = $1";
}

/// A browser that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDevice {
    /// Hash of the cookie's value.
    pub hash: Hash,
    /// Whose.
    pub user: UserId,
    /// The flow that it counts in.
    pub owner: FlowOwner,
    /// When it was first remembered.
    pub created_at: DateTime<Utc>,
    /// When it is forgotten; uses do not prolong it.
    pub expires_at: DateTime<Utc>,
    /// When it last counted.
    pub last_used_at: DateTime<Utc>,
    /// What the browser called itself.
    pub label: String,
}

/// Remembers a browser.
pub async fn insert(tx: &mut Tx, device: &TrustedDevice) -> Result<(), StorageError> {
    let values = values![
        &device.hash,
        device.user.as_str(),
        device.owner.key(),
        device.created_at,
        device.expires_at,
        device.last_used_at,
        &device.label,
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// Exchanges the cookie's hash, once: the old one is gone. None when it was exchanged, forgotten or expired, and when it
/// remembers somebody else or another flow (MFA-18).
pub async fn rotate(
    tx: &mut Tx,
    (old, new): (&Hash, &Hash),
    (user, owner): (&UserId, &FlowOwner),
    now: DateTime<Utc>,
) -> Result<Option<TrustedDevice>, StorageError> {
    let values = values![old, new, now, user.as_str(), owner.key()];
    tx.fetch_optional(ROTATE, values).await?.map(|row| read(&row)).transpose()
}

/// The browser of a cookie.
pub async fn get(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<Option<TrustedDevice>, StorageError> {
    tx.fetch_optional(GET, values![hash, now]).await?.map(|row| read(&row)).transpose()
}

/// The browsers of an account, last used first.
pub async fn list(tx: &mut Tx, user: &UserId, now: DateTime<Utc>) -> Result<Vec<TrustedDevice>, StorageError> {
    tx.fetch_all(LIST, values![user.as_str(), now]).await?.iter().map(read).collect()
}

/// Forgets a browser of an account.
pub async fn delete(tx: &mut Tx, hash: &Hash, user: &UserId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![hash, user.as_str()]).await? > 0)
}

/// Forgets all browsers of an account.
pub async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<u64, StorageError> {
    tx.execute(DELETE_ALL, values![user.as_str()]).await
}

/// Forgets all browsers that one flow remembers.
pub async fn delete_by_owner(tx: &mut Tx, owner: &FlowOwner) -> Result<u64, StorageError> {
    tx.execute(DELETE_BY_OWNER, values![owner.key()]).await
}

fn read(row: &Row) -> Result<TrustedDevice, StorageError> {
    let owner = FlowOwner::from_key(&row.text("owner")?);
    Ok(TrustedDevice {
        hash: row.hash("hash")?,
        user: row.parsed("user_id")?,
        owner: owner.map_err(|error| StorageError::unreadable("owner", &error))?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        last_used_at: row.time("last_used_at")?,
        label: row.text("label")?,
    })
}
