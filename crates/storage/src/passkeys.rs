//! Passkeys (WebAuthn): the credential sealed under [`crate::Purpose::PASSKEY`] with its id as row id.
//!
//! The id is the credential's own, base64url without padding, and unique over all accounts (`WebAuthn` section 7.1).

use chrono::{DateTime, Utc};
use usher_domain::UserId;

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Sealed, StorageError};

macro_rules! columns {
    () => {
        "id, user_id, sealed, name, created_at, last_used_at, backed_up"
    };
}

statements! {
    INSERT = concat!("INSERT INTO passkeys (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO NOTHING RETURNING id");
    LIST = concat!("SELECT ", columns!(), " FROM passkeys WHERE user_id = $1 ORDER BY created_at, id");
    GET = concat!("SELECT ", columns!(), " FROM passkeys WHERE id = $1");
    UPDATE = "UPDATE passkeys SET sealed = $3, last_used_at = $4, backed_up = $5 WHERE id = $1 AND sealed = $2";
    RENAME = "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2";
    DELETE = "DELETE FROM passkeys WHERE id = $1 AND user_id = $2";
    DELETE_ALL = "DELETE FROM passkeys WHERE user_id = $1";
}

/// Whether the authenticator keeps copies of a passkey elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// On one device only.
    None,
    /// It is synchronised.
    Present,
}

/// One passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Id of the credential.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// The credential, sealed.
    pub sealed: Sealed,
    /// What the person calls it.
    pub name: String,
    /// When it was enrolled.
    pub created_at: DateTime<Utc>,
    /// When it last signed its owner in.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether copies exist.
    pub backup: Backup,
}

/// Adds a passkey; false when its id is taken.
pub async fn insert(tx: &mut Tx, row: &PasskeyRow) -> Result<bool, StorageError> {
    let values = values![
        &row.id,
        row.user.as_str(),
        row.sealed.as_bytes(),
        &row.name,
        row.created_at,
        row.last_used_at,
        i64::from(row.backup == Backup::Present),
    ];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// The passkeys of an account, oldest first.
pub async fn list(tx: &mut Tx, user: &UserId) -> Result<Vec<PasskeyRow>, StorageError> {
    tx.fetch_all(LIST, values![user.as_str()]).await?.iter().map(read).collect()
}

/// One passkey, whosever it is.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<PasskeyRow>, StorageError> {
    tx.fetch_optional(GET, values![id]).await?.map(|row| read(&row)).transpose()
}

/// What a use of a passkey changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyUse {
    /// The credential as it was read.
    pub before: Sealed,
    /// The credential from now on, with the counter moved.
    pub after: Sealed,
    /// Whether copies exist now.
    pub backup: Backup,
    /// When it was used.
    pub at: DateTime<Utc>,
}

/// Keeps what a use changed; false when the passkey is gone, or another use changed it since it was read: of two answers
/// with one counter only one counts.
pub async fn update_credential(tx: &mut Tx, id: &str, used: &PasskeyUse) -> Result<bool, StorageError> {
    let values =
        values![id, used.before.as_bytes(), used.after.as_bytes(), used.at, i64::from(used.backup == Backup::Present),];
    Ok(tx.execute(UPDATE, values).await? > 0)
}

/// Renames a passkey of an account.
pub async fn rename(tx: &mut Tx, id: &str, user: &UserId, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(RENAME, values![id, user.as_str(), name]).await? > 0)
}

/// Removes a passkey of an account.
pub async fn delete(tx: &mut Tx, id: &str, user: &UserId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id, user.as_str()]).await? > 0)
}

/// Removes all passkeys of an account.
pub async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<u64, StorageError> {
    tx.execute(DELETE_ALL, values![user.as_str()]).await
}

fn read(row: &Row) -> Result<PasskeyRow, StorageError> {
    Ok(PasskeyRow {
        id: row.text("id")?,
        user: row.parsed("user_id")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        last_used_at: row.opt_time("last_used_at")?,
        backup: if row.int("backed_up")? == 0 { Backup::None } else { Backup::Present },
    })
}
