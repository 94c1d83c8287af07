//! Recorded sign-ins: the last verified answers of a connection, sealed, to try settings on.

use chrono::{DateTime, Utc};
use usher_domain::{ConnectionId, CorrelationId, RecordingId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Sealed, StorageError};

macro_rules! columns {
    () => {
        "id, connection, at, expires_at, correlation, sealed"
    };
}

statements! {
    INSERT = concat!("INSERT INTO recordings (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6)");
    TRIM = "DELETE FROM recordings WHERE connection = $1 AND id NOT IN
            (SELECT id FROM recordings WHERE connection = $1 ORDER BY at DESC, id DESC LIMIT $2)";
    LIST = concat!("SELECT ", columns!(), " FROM recordings WHERE connection = $1 AND expires_at > $2
        ORDER BY at DESC, id DESC");
    GET = concat!("SELECT ", columns!(), " FROM recordings WHERE id = $1 AND connection = $2 AND expires_at > $3");
    DELETE = "DELETE FROM recordings WHERE connection = $1";
}

/// Most recordings of a connection.
pub const KEPT: u32 = 20;

/// One recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingRow {
    /// Id; row id of the seal.
    pub id: RecordingId,
    /// The connection.
    pub connection: ConnectionId,
    /// When the person came back from the provider.
    pub at: DateTime<Utc>,
    /// When it is thrown away.
    pub expires_at: DateTime<Utc>,
    /// The sign-in.
    pub correlation: CorrelationId,
    /// The verified identity.
    pub sealed: Sealed,
}

/// Keeps a recording, and of its connection the newest [`KEPT`].
pub async fn insert(tx: &mut Tx, row: &RecordingRow) -> Result<(), StorageError> {
    let values = values![
        row.id.as_str(),
        row.connection.as_str(),
        row.at,
        row.expires_at,
        row.correlation.as_str(),
        row.sealed.as_bytes(),
    ];
    tx.execute(INSERT, values).await?;
    tx.execute(TRIM, values![row.connection.as_str(), KEPT]).await.map(drop)
}

/// The recordings of a connection, newest first.
pub async fn list(
    tx: &mut Tx,
    connection: &ConnectionId,
    now: DateTime<Utc>,
) -> Result<Vec<RecordingRow>, StorageError> {
    tx.fetch_all(LIST, values![connection.as_str(), now]).await?.iter().map(read).collect()
}

/// One recording of a connection.
pub async fn get(
    tx: &mut Tx,
    connection: &ConnectionId,
    id: &RecordingId,
    now: DateTime<Utc>,
) -> Result<Option<RecordingRow>, StorageError> {
    let values = values![id.as_str(), connection.as_str(), now];
    tx.fetch_optional(GET, values).await?.map(|row| read(&row)).transpose()
}

/// Throws the recordings of a connection away.
pub async fn delete_by_connection(tx: &mut Tx, connection: &ConnectionId) -> Result<u64, StorageError> {
    tx.execute(DELETE, values![connection.as_str()]).await
}

fn read(row: &Row) -> Result<RecordingRow, StorageError> {
    Ok(RecordingRow {
        id: row.parsed("id")?,
        connection: row.parsed("connection")?,
        at: row.time("at")?,
        expires_at: row.time("expires_at")?,
        correlation: row.parsed("correlation")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
    })
}
