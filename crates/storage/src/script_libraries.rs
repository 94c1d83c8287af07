//! Libraries that scripts may load: source texts of the installation, saved at the revision they were read with.

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;

statements! {
    INSERT = "INSERT INTO script_libraries (name, source, revision) VALUES ($1, $2, 1)
              ON CONFLICT (name) DO NOTHING RETURNING revision";
    UPDATE = "UPDATE script_libraries SET source = $2, revision = revision + 1 WHERE name = $1 AND revision = $3
              RETURNING revision";
    GET = "SELECT name, source, revision FROM script_libraries WHERE name = $1";
    LIST = "SELECT name, source, revision FROM script_libraries ORDER BY name";
    DELETE = "DELETE FROM script_libraries WHERE name = $1";
}

/// One library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptLibrary {
    /// The name that scripts load it by.
    pub name: String,
    /// Its text.
    pub source: String,
    /// Rises with every save.
    pub revision: i64,
}

/// Saves a library and gives its new revision; `expected` none adds it. None when the name is taken, or the library
/// moved on or is gone.
pub async fn put(tx: &mut Tx, name: &str, source: &str, expected: Option<i64>) -> Result<Option<i64>, StorageError> {
    let row = match expected {
        None => tx.fetch_optional(INSERT, values![name, source]).await?,
        Some(revision) => tx.fetch_optional(UPDATE, values![name, source, revision]).await?,
    };
    row.map(|row| row.int("revision")).transpose()
}

/// One library.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<ScriptLibrary>, StorageError> {
    tx.fetch_optional(GET, values![name]).await?.map(|row| read(&row)).transpose()
}

/// All libraries by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<ScriptLibrary>, StorageError> {
    tx.fetch_all(LIST, &[]).await?.iter().map(read).collect()
}

/// Removes a library; versions that were published with it keep it.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![name]).await? > 0)
}

fn read(row: &Row) -> Result<ScriptLibrary, StorageError> {
    Ok(ScriptLibrary { name: row.text("name")?, source: row.text("source")?, revision: row.int("revision")? })
}
