//! Recorded sign-ins of a flow: what its script was told, sealed under [`crate::Purpose::FLOW_RECORDING`] with the id
//! as row id, to run a draft on.

use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, CorrelationId, FlowOwner, RecordingId, UserId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Sealed, StorageError};

macro_rules! columns {
    () => {
        "id, owner, application, at, expires_at, correlation, outcome, sealed, user_id"
    };
}

statements! {
    INSERT = concat!("INSERT INTO flow_recordings (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    TRIM = "DELETE FROM flow_recordings WHERE owner = $1 AND id NOT IN
            (SELECT id FROM flow_recordings WHERE owner = $1 ORDER BY at DESC, id DESC LIMIT $2)";
    LIST = concat!("SELECT ", columns!(), " FROM flow_recordings WHERE owner = $1 AND expires_at > $2
        ORDER BY at DESC, id DESC LIMIT $3");
    DELETE_BY_OWNER = "DELETE FROM flow_recordings WHERE owner = $1";
    DELETE_BY_APPLICATION = "DELETE FROM flow_recordings WHERE application = $1";
}

/// Most recordings of a flow.
pub const KEPT: u32 = 200;

/// One recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRecordingRow {
    /// Id; row id of the seal.
    pub id: RecordingId,
    /// Whose flow it was.
    pub owner: FlowOwner,
    /// Where the person wanted to.
    pub application: ApplicationId,
    /// When the sign-in ended.
    pub at: DateTime<Utc>,
    /// When it is thrown away.
    pub expires_at: DateTime<Utc>,
    /// The sign-in.
    pub correlation: CorrelationId,
    /// How it ended, in the broker's words.
    pub outcome: String,
    /// What was recorded.
    pub sealed: Sealed,
    /// Whose account it was: the recording goes with it.
    pub user: Option<UserId>,
}

/// Keeps a recording, and of its owner the newest [`KEPT`].
pub async fn insert(tx: &mut Tx, row: &FlowRecordingRow) -> Result<(), StorageError> {
    let values = values![
        row.id.as_str(),
        row.owner.key(),
        row.application.as_str(),
        row.at,
        row.expires_at,
        row.correlation.as_str(),
        &row.outcome,
        row.sealed.as_bytes(),
        row.user.as_ref().map(UserId::as_str),
    ];
    tx.execute(INSERT, values).await?;
    tx.execute(TRIM, values![row.owner.key(), KEPT]).await.map(drop)
}

/// The recordings of a flow, newest first.
pub async fn list(
    tx: &mut Tx,
    owner: &FlowOwner,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<FlowRecordingRow>, StorageError> {
    tx.fetch_all(LIST, values![owner.key(), now, limit]).await?.iter().map(read).collect()
}

/// Throws the recordings of a flow away.
pub async fn delete_by_owner(tx: &mut Tx, owner: &FlowOwner) -> Result<u64, StorageError> {
    tx.execute(DELETE_BY_OWNER, values![owner.key()]).await
}

/// Throws the recordings of an application away, of the default flow too.
pub async fn delete_by_application(tx: &mut Tx, application: &ApplicationId) -> Result<u64, StorageError> {
    tx.execute(DELETE_BY_APPLICATION, values![application.as_str()]).await
}

fn read(row: &Row) -> Result<FlowRecordingRow, StorageError> {
    let owner = FlowOwner::from_key(&row.text("owner")?);
    Ok(FlowRecordingRow {
        id: row.parsed("id")?,
        owner: owner.map_err(|error| StorageError::unreadable("owner", &error))?,
        application: row.parsed("application")?,
        at: row.time("at")?,
        expires_at: row.time("expires_at")?,
        correlation: row.parsed("correlation")?,
        outcome: row.text("outcome")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
        user: row.opt_parsed("user_id")?,
    })
}
