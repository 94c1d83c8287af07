//! Settings of the installation by name. The values' form is the broker's matter.

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;

statements! {
    GET = "SELECT value FROM settings WHERE name = $1";
    PUT = "INSERT INTO settings (name, value) VALUES ($1, $2)
           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    INSERT = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING value";
    DELETE = "DELETE FROM settings WHERE name = $1";
}

/// A setting.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<String>, StorageError> {
    tx.fetch_optional(GET, values![name]).await?.map(|row| row.text("value")).transpose()
}

/// Writes a setting.
pub async fn put(tx: &mut Tx, name: &str, value: &str) -> Result<(), StorageError> {
    tx.execute(PUT, values![name, value]).await.map(drop)
}

/// Writes a setting unless it is there, and gives what is there now: the first of several nodes wins.
pub async fn insert_or_get(tx: &mut Tx, name: &str, value: &str) -> Result<String, StorageError> {
    match tx.fetch_optional(INSERT, values![name, value]).await? {
        Some(row) => row.text("value"),
        None => tx.fetch_one(GET, values![name]).await?.text("value"),
    }
}

/// Removes a setting; false when there was none.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![name]).await? > 0)
}
