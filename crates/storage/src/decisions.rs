//! Provisioning decisions with their explanations, masked. One without an account names nobody.

use chrono::{DateTime, Utc};
use usher_domain::{ConnectionId, CorrelationId, UserId};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;

macro_rules! columns {
    () => {
        "id, at, correlation, connection, user_id, outcome, explanation"
    };
}

statements! {
    INSERT = "INSERT INTO decisions (at, correlation, connection, user_id, outcome, explanation)
              VALUES ($1, $2, $3, $4, $5, $6)";
    BY_USER = concat!("SELECT ", columns!(), " FROM decisions WHERE user_id = $1 AND id < $2
        ORDER BY id DESC LIMIT $3");
    BY_CONNECTION = concat!("SELECT ", columns!(), " FROM decisions WHERE connection = $1 AND id < $2
        ORDER BY id DESC LIMIT $3");
    COUNTS = "SELECT outcome, COUNT(*) AS count FROM decisions WHERE connection = $1 AND at >= $2
              GROUP BY outcome ORDER BY outcome";
}

/// A decision to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// When.
    pub at: DateTime<Utc>,
    /// The sign-in.
    pub correlation: CorrelationId,
    /// The connection.
    pub connection: ConnectionId,
    /// The account; none for pass-through and refusals.
    pub user: Option<UserId>,
    /// A word of the broker.
    pub outcome: String,
    /// JSON, without personal values in the clear.
    pub explanation: String,
}

/// A kept decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// Rises with time; the cursor of a page.
    pub id: i64,
    /// What was kept.
    pub decision: NewDecision,
}

/// Keeps a decision.
pub async fn insert(tx: &mut Tx, decision: &NewDecision) -> Result<(), StorageError> {
    let values = values![
        decision.at,
        decision.correlation.as_str(),
        decision.connection.as_str(),
        decision.user.as_ref().map(UserId::as_str),
        &decision.outcome,
        &decision.explanation,
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// Decisions about an account, newest first, before the cursor.
pub async fn list_by_user(
    tx: &mut Tx,
    user: &UserId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<DecisionRow>, StorageError> {
    let rows = tx.fetch_all(BY_USER, values![user.as_str(), before.unwrap_or(i64::MAX), limit]).await?;
    rows.iter().map(read).collect()
}

/// Decisions of a connection, newest first, before the cursor.
pub async fn list_by_connection(
    tx: &mut Tx,
    connection: &ConnectionId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<DecisionRow>, StorageError> {
    let rows = tx.fetch_all(BY_CONNECTION, values![connection.as_str(), before.unwrap_or(i64::MAX), limit]).await?;
    rows.iter().map(read).collect()
}

/// How often each outcome came since a time.
pub async fn counts(
    tx: &mut Tx,
    connection: &ConnectionId,
    since: DateTime<Utc>,
) -> Result<Vec<(String, i64)>, StorageError> {
    let rows = tx.fetch_all(COUNTS, values![connection.as_str(), since]).await?;
    rows.iter().map(|row| Ok((row.text("outcome")?, row.int("count")?))).collect()
}

fn read(row: &Row) -> Result<DecisionRow, StorageError> {
    Ok(DecisionRow {
        id: row.int("id")?,
        decision: NewDecision {
            at: row.time("at")?,
            correlation: row.parsed("correlation")?,
            connection: row.parsed("connection")?,
            user: row.opt_parsed("user_id")?,
            outcome: row.text("outcome")?,
            explanation: row.text("explanation")?,
        },
    })
}
