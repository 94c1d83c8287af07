//! Recovery codes: hashes, each redeemed once by one conditional statement. A used one stays until the set is replaced,
//! so that the person sees how many are left.

use chrono::{DateTime, Utc};
use usher_domain::UserId;

use crate::db::{Tx, values};
use crate::statements::statements;
use crate::{Hash, StorageError};

statements! {
    INSERT = "INSERT INTO recovery_codes (user_id, hash, created_at) VALUES ($1, $2, $3)
              ON CONFLICT (user_id, hash) DO NOTHING";
    REDEEM = "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL";
    LEFT = "SELECT COUNT(*) AS count FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL";
    DELETE_ALL = "DELETE FROM recovery_codes WHERE user_id = $1";
}

/// Replaces the codes of an account: none of the old ones counts any more.
pub async fn replace(tx: &mut Tx, user: &UserId, codes: &[Hash], now: DateTime<Utc>) -> Result<(), StorageError> {
    delete_all(tx, user).await?;
    for code in codes {
        tx.execute(INSERT, values![user.as_str(), code, now]).await?;
    }
    Ok(())
}

/// Uses a code up, once for ever.
pub async fn redeem(tx: &mut Tx, user: &UserId, code: &Hash, now: DateTime<Utc>) -> Result<bool, StorageError> {
    Ok(tx.execute(REDEEM, values![user.as_str(), code, now]).await? > 0)
}

/// How many are left.
pub async fn left(tx: &mut Tx, user: &UserId) -> Result<i64, StorageError> {
    tx.fetch_one(LEFT, values![user.as_str()]).await?.int("count")
}

/// Removes the codes of an account.
pub async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<u64, StorageError> {
    tx.execute(DELETE_ALL, values![user.as_str()]).await
}
