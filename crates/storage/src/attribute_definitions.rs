//! The schema of local attributes as the admin changed and completed it. Built-in ones have no row until changed.

use usher_domain::{AttributeDefinition, AttributeName};

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;
use crate::text::json;

statements! {
    PUT = "INSERT INTO attribute_definitions (name, body) VALUES ($1, $2)
           ON CONFLICT (name) DO UPDATE SET body = excluded.body";
    DELETE = "DELETE FROM attribute_definitions WHERE name = $1";
    LIST = "SELECT body FROM attribute_definitions ORDER BY name";
}

/// Writes a definition.
pub async fn put(tx: &mut Tx, definition: &AttributeDefinition) -> Result<(), StorageError> {
    tx.execute(PUT, values![definition.name.as_str(), json("body", definition)?]).await.map(drop)
}

/// Removes a definition; false when there was none.
pub async fn delete(tx: &mut Tx, name: &AttributeName) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![name.as_str()]).await? > 0)
}

/// All definitions by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<AttributeDefinition>, StorageError> {
    tx.fetch_all(LIST, &[]).await?.iter().map(|row| row.json("body")).collect()
}
