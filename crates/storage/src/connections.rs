//! Connections: one row of JSON each, the secret sealed in a column of its own.

use usher_domain::{Connection, ConnectionId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::json;
use crate::{Sealed, StorageError};

statements! {
    INSERT = "INSERT INTO connections (id, body, secret, revision) VALUES ($1, $2, $3, 1)
              ON CONFLICT (id) DO NOTHING RETURNING id";
    UPDATE = "UPDATE connections SET body = $3, revision = revision + 1 WHERE id = $1 AND revision = $2
              RETURNING revision";
    SET_SECRET = "UPDATE connections SET secret = $2 WHERE id = $1";
    SECRET = "SELECT secret FROM connections WHERE id = $1";
    GET = "SELECT body, revision FROM connections WHERE id = $1";
    LIST = "SELECT body, revision FROM connections ORDER BY id";
    LIST_SEALED = "SELECT body, revision, secret FROM connections ORDER BY id";
    DELETE = "DELETE FROM connections WHERE id = $1";
}

/// Adds a connection, with revision 1; false when the id is taken.
pub async fn insert(tx: &mut Tx, connection: &Connection, secret: Option<&Sealed>) -> Result<bool, StorageError> {
    let body = json("body", connection)?;
    let values = values![connection.id.as_str(), body, secret.map(Sealed::as_bytes)];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// Replaces a connection at the revision it was read with, and gives the new one; none when it moved on or is gone.
pub async fn update(tx: &mut Tx, connection: &Connection) -> Result<Option<i64>, StorageError> {
    let values = values![connection.id.as_str(), connection.revision, json("body", connection)?];
    tx.fetch_optional(UPDATE, values).await?.map(|row| row.int("revision")).transpose()
}

/// Replaces or removes the sealed secret; false when there is no such connection.
pub async fn set_secret(tx: &mut Tx, id: &ConnectionId, secret: Option<&Sealed>) -> Result<bool, StorageError> {
    Ok(tx.execute(SET_SECRET, values![id.as_str(), secret.map(Sealed::as_bytes)]).await? > 0)
}

/// The sealed secret.
pub async fn secret(tx: &mut Tx, id: &ConnectionId) -> Result<Option<Sealed>, StorageError> {
    let row = tx.fetch_optional(SECRET, values![id.as_str()]).await?;
    Ok(row.map(|row| row.opt_bytes("secret")).transpose()?.flatten().map(Sealed::stored))
}

/// One connection.
pub async fn get(tx: &mut Tx, id: &ConnectionId) -> Result<Option<Connection>, StorageError> {
    tx.fetch_optional(GET, values![id.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// All connections by id.
pub async fn list(tx: &mut Tx) -> Result<Vec<Connection>, StorageError> {
    tx.fetch_all(LIST, &[]).await?.iter().map(read).collect()
}

/// All connections by id, each with its sealed secret: what a snapshot of the configuration needs, in one reading.
pub async fn list_sealed(tx: &mut Tx) -> Result<Vec<(Connection, Option<Sealed>)>, StorageError> {
    let rows = tx.fetch_all(LIST_SEALED, &[]).await?;
    rows.iter().map(|row| Ok((read(row)?, row.opt_bytes("secret")?.map(Sealed::stored)))).collect()
}

/// Removes a connection; its links stay and lead nowhere, since a new connection has a new id.
pub async fn delete(tx: &mut Tx, id: &ConnectionId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id.as_str()]).await? > 0)
}

fn read(row: &Row) -> Result<Connection, StorageError> {
    Ok(Connection { revision: row.int("revision")?, ..row.json("body")? })
}
