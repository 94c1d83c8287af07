//! Passwords, as hashes in PHC form. Hashing and checking are the broker's; nothing else of a password is here.

use chrono::{DateTime, Utc};
use usher_domain::UserId;

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;

statements! {
    SET = "INSERT INTO credentials (user_id, password_hash, changed_at) VALUES ($1, $2, $3)
           ON CONFLICT (user_id) DO UPDATE
           SET password_hash = excluded.password_hash, changed_at = excluded.changed_at";
    GET = "SELECT password_hash FROM credentials WHERE user_id = $1";
    CHANGED_AT = "SELECT changed_at FROM credentials WHERE user_id = $1";
    CLEAR = "DELETE FROM credentials WHERE user_id = $1";
}

/// Sets the password of an account.
pub async fn set_password(tx: &mut Tx, user: &UserId, phc: &str, now: DateTime<Utc>) -> Result<(), StorageError> {
    tx.execute(SET, values![user.as_str(), phc, now]).await.map(drop)
}

/// The password hash of an account, if it has one.
pub async fn password(tx: &mut Tx, user: &UserId) -> Result<Option<String>, StorageError> {
    tx.fetch_optional(GET, values![user.as_str()]).await?.map(|row| row.text("password_hash")).transpose()
}

/// When the password of an account was last set: a proof made with an older one counts no more.
pub async fn changed_at(tx: &mut Tx, user: &UserId) -> Result<Option<DateTime<Utc>>, StorageError> {
    tx.fetch_optional(CHANGED_AT, values![user.as_str()]).await?.map(|row| row.time("changed_at")).transpose()
}

/// Removes the password; false when there was none.
pub async fn clear_password(tx: &mut Tx, user: &UserId) -> Result<bool, StorageError> {
    Ok(tx.execute(CLEAR, values![user.as_str()]).await? > 0)
}
