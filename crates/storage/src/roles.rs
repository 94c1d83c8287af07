//! Rights in the console, read anew at every request.

use chrono::{DateTime, Utc};
use usher_domain::{Role, UserId};

use crate::StorageError;
use crate::bypass_codes;
use crate::db::{Tx, values};
use crate::statements::statements;
use crate::text::word;

statements! {
    GRANT = "INSERT INTO roles (user_id, role, granted_at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id, role) DO NOTHING RETURNING role";
    REVOKE = "DELETE FROM roles WHERE user_id = $1 AND role = $2";
    LIST = "SELECT role FROM roles WHERE user_id = $1 ORDER BY role";
    HOLDERS = "SELECT user_id FROM roles WHERE role = $1 ORDER BY granted_at, user_id";
    COUNT_ACTIVE = "SELECT COUNT(*) AS count FROM roles JOIN users ON users.id = roles.user_id
                    WHERE roles.role = $1 AND users.state = 'active'";
}

/// Gives a right; false when the account had it.
pub async fn grant(tx: &mut Tx, user: &UserId, role: Role, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let granted = tx.fetch_optional(GRANT, values![user.as_str(), word("role", &role)?, now]).await?.is_some();
    // A code of the help desk from before is no way into the console.
    bypass_codes::delete(tx, user).await?;
    Ok(granted)
}

/// Takes a right; false when the account did not have it.
pub async fn revoke(tx: &mut Tx, user: &UserId, role: Role) -> Result<bool, StorageError> {
    Ok(tx.execute(REVOKE, values![user.as_str(), word("role", &role)?]).await? > 0)
}

/// The rights of an account.
pub async fn list(tx: &mut Tx, user: &UserId) -> Result<Vec<Role>, StorageError> {
    tx.fetch_all(LIST, values![user.as_str()]).await?.iter().map(|row| row.word("role")).collect()
}

/// The accounts that have a right, the longest holder first.
pub async fn holders(tx: &mut Tx, role: Role) -> Result<Vec<UserId>, StorageError> {
    tx.fetch_all(HOLDERS, values![word("role", &role)?]).await?.iter().map(|row| row.parsed("user_id")).collect()
}

/// How many enabled accounts have a right: the last owner must not be removed.
pub async fn count_active(tx: &mut Tx, role: Role) -> Result<i64, StorageError> {
    tx.fetch_one(COUNT_ACTIVE, values![word("role", &role)?]).await?.int("count")
}
