//! Secrets that scripts may use: sealed, written and never shown again; only their ending tells them apart.

use chrono::{DateTime, Utc};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Sealed, StorageError};

statements! {
    PUT = "INSERT INTO script_secrets (name, sealed, ending, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
           ON CONFLICT (name) DO UPDATE
           SET sealed = excluded.sealed, ending = excluded.ending, updated_at = excluded.updated_at";
    DELETE = "DELETE FROM script_secrets WHERE name = $1";
    LIST = "SELECT name, ending, created_at, updated_at FROM script_secrets ORDER BY name";
    LIST_SEALED = "SELECT name, sealed FROM script_secrets ORDER BY name";
}

/// What is shown of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptSecret {
    /// The name that scripts use.
    pub name: String,
    /// Its last characters.
    pub ending: String,
    /// When it was first set.
    pub created_at: DateTime<Utc>,
    /// When it was last set.
    pub updated_at: DateTime<Utc>,
}

/// Sets a secret, sealed under [`crate::Purpose::SCRIPT_SECRET`] with its name as row id.
pub async fn put(
    tx: &mut Tx,
    name: &str,
    sealed: &Sealed,
    ending: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    tx.execute(PUT, values![name, sealed.as_bytes(), ending, now]).await.map(drop)
}

/// Removes a secret; versions that were published with it keep it.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![name]).await? > 0)
}

/// What may be shown, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<ScriptSecret>, StorageError> {
    tx.fetch_all(LIST, &[]).await?.iter().map(read).collect()
}

/// The sealed secrets by name, to be bundled with a version.
pub async fn list_sealed(tx: &mut Tx) -> Result<Vec<(String, Sealed)>, StorageError> {
    let rows = tx.fetch_all(LIST_SEALED, &[]).await?;
    rows.iter().map(|row| Ok((row.text("name")?, Sealed::stored(row.bytes("sealed")?)))).collect()
}

fn read(row: &Row) -> Result<ScriptSecret, StorageError> {
    Ok(ScriptSecret {
        name: row.text("name")?,
        ending: row.text("ending")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}
