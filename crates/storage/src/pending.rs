//! Pending hand-shakes with providers, found by the hash of their state and claimed once, by compare-and-set,
//! before the token call: a doubled callback cannot run the exchange twice. A hand-shake may outlive its sign-in, and
//! a test of a connection has none: nothing ties the two tables.

use chrono::{DateTime, Utc};
use usher_domain::{ConnectionId, FlowId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Hash, Sealed, StorageError};

macro_rules! columns {
    () => {
        "state_hash, flow_id, connection, sealed, created_at, expires_at, claimed_at"
    };
}

statements! {
    INSERT = "INSERT INTO pending (state_hash, flow_id, connection, sealed, created_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (state_hash) DO NOTHING RETURNING flow_id";
    GET = concat!("SELECT ", columns!(), " FROM pending WHERE state_hash = $1 AND expires_at > $2");
    CLAIM = concat!("UPDATE pending SET claimed_at = $2
        WHERE state_hash = $1 AND claimed_at IS NULL AND expires_at > $2 RETURNING ", columns!());
    DELETE_BY_FLOW = "DELETE FROM pending WHERE flow_id = $1";
    COUNT = "SELECT COUNT(*) AS count FROM pending WHERE flow_id = $1";
}

/// A pending hand-shake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRow {
    /// Hash of the `state` sent.
    pub state_hash: Hash,
    /// The sign-in it belongs to; for a test of a connection, a name of its own.
    pub flow: FlowId,
    /// The connection that must answer.
    pub connection: ConnectionId,
    /// Nonce, PKCE verifier and the like, sealed under [`crate::Purpose::PENDING`].
    pub sealed: Sealed,
    /// When the browser left.
    pub created_at: DateTime<Utc>,
    /// Until when an answer is accepted.
    pub expires_at: DateTime<Utc>,
    /// When an answer arrived.
    pub claimed_at: Option<DateTime<Utc>>,
}

/// Adds a hand-shake; false when the state is taken.
pub async fn insert(tx: &mut Tx, row: &PendingRow) -> Result<bool, StorageError> {
    let values = values![
        &row.state_hash,
        row.flow.as_str(),
        row.connection.as_str(),
        row.sealed.as_bytes(),
        row.created_at,
        row.expires_at,
    ];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// A live hand-shake, claimed or not.
pub async fn get(tx: &mut Tx, state_hash: &Hash, now: DateTime<Utc>) -> Result<Option<PendingRow>, StorageError> {
    tx.fetch_optional(GET, values![state_hash, now]).await?.map(|row| read(&row)).transpose()
}

/// Claims a hand-shake, once for ever; none when it was claimed, expired, or never was.
pub async fn claim(tx: &mut Tx, state_hash: &Hash, now: DateTime<Utc>) -> Result<Option<PendingRow>, StorageError> {
    tx.fetch_optional(CLAIM, values![state_hash, now]).await?.map(|row| read(&row)).transpose()
}

/// Removes the hand-shakes of a sign-in.
pub async fn delete_by_flow(tx: &mut Tx, flow: &FlowId) -> Result<u64, StorageError> {
    tx.execute(DELETE_BY_FLOW, values![flow.as_str()]).await
}

/// How many hand-shakes a sign-in has, for the cap.
pub async fn count(tx: &mut Tx, flow: &FlowId) -> Result<i64, StorageError> {
    tx.fetch_one(COUNT, values![flow.as_str()]).await?.int("count")
}

fn read(row: &Row) -> Result<PendingRow, StorageError> {
    Ok(PendingRow {
        state_hash: row.hash("state_hash")?,
        flow: row.parsed("flow_id")?,
        connection: row.parsed("connection")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        claimed_at: row.opt_time("claimed_at")?,
    })
}
