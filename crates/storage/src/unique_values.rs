//! Values that at most one account may hold: verified addresses, and attributes marked as unique (R1).
//!
//! Keys are normalised by the caller; here they are compared byte for byte.

use usher_domain::{AttributeName, UserId};

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;

statements! {
    CLAIM = "INSERT INTO user_unique_values (attribute, value_key, user_id) VALUES ($1, $2, $3)
             ON CONFLICT (attribute, value_key) DO NOTHING RETURNING user_id";
    HOLDER = "SELECT user_id FROM user_unique_values WHERE attribute = $1 AND value_key = $2";
    RELEASE = "DELETE FROM user_unique_values WHERE attribute = $1 AND value_key = $2 AND user_id = $3";
    RELEASE_ALL = "DELETE FROM user_unique_values WHERE attribute = $1";
    LIST = "SELECT attribute, value_key FROM user_unique_values WHERE user_id = $1 ORDER BY attribute, value_key";
}

/// A value of a unique attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UniqueValue {
    /// The attribute.
    pub attribute: AttributeName,
    /// The normalised value.
    pub value_key: String,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The account holds the value, now or already before.
    Claimed,
    /// Another account holds it.
    TakenBy(UserId),
}

/// Claims a value for an account.
pub async fn claim(tx: &mut Tx, value: &UniqueValue, user: &UserId) -> Result<Claim, StorageError> {
    let (attribute, key) = (value.attribute.as_str(), value.value_key.as_str());
    if tx.fetch_optional(CLAIM, values![attribute, key, user.as_str()]).await?.is_some() {
        return Ok(Claim::Claimed);
    }
    let holder: UserId = tx.fetch_one(HOLDER, values![attribute, key]).await?.parsed("user_id")?;
    Ok(if holder == *user { Claim::Claimed } else { Claim::TakenBy(holder) })
}

/// Gives a value of this account back; false when the account did not hold it.
pub async fn release(tx: &mut Tx, value: &UniqueValue, user: &UserId) -> Result<bool, StorageError> {
    let values = values![value.attribute.as_str(), &value.value_key, user.as_str()];
    Ok(tx.execute(RELEASE, values).await? > 0)
}

/// Gives back what anybody holds of an attribute: it is unique no longer. Gives the number of values.
pub async fn release_all(tx: &mut Tx, attribute: &AttributeName) -> Result<u64, StorageError> {
    tx.execute(RELEASE_ALL, values![attribute.as_str()]).await
}

/// Who holds these values of an attribute, by key; free values are left out.
pub async fn holders(
    tx: &mut Tx,
    attribute: &AttributeName,
    keys: &[String],
) -> Result<Vec<(String, UserId)>, StorageError> {
    let mut holders = Vec::new();
    for key in keys {
        if let Some(row) = tx.fetch_optional(HOLDER, values![attribute.as_str(), key]).await? {
            holders.push((key.clone(), row.parsed("user_id")?));
        }
    }
    Ok(holders)
}

/// The values that an account holds.
pub async fn list(tx: &mut Tx, user: &UserId) -> Result<Vec<UniqueValue>, StorageError> {
    let rows = tx.fetch_all(LIST, values![user.as_str()]).await?;
    rows.iter()
        .map(|row| Ok(UniqueValue { attribute: row.parsed("attribute")?, value_key: row.text("value_key")? }))
        .collect()
}
