//! The sign-ins of an account, kept for its owner: when, to what, how and from where.
//!
//! Traces and audit events are for admins, by sign-in and by object; here a person finds their own, and says of one that
//! it was not theirs. People without an account leave nothing here.

use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, ConnectionId, CorrelationId, UserId};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::json;

macro_rules! columns {
    () => {
        "id, at, application, connection, methods, correlation, remote, agent, reported_at"
    };
}

statements! {
    INSERT = "INSERT INTO own_sign_ins (user_id, at, application, connection, methods, correlation, remote, agent)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    LIST = concat!("SELECT ", columns!(), " FROM own_sign_ins WHERE user_id = $1 AND id < $2
        ORDER BY id DESC LIMIT $3");
    GET = concat!("SELECT ", columns!(), " FROM own_sign_ins WHERE user_id = $1 AND id = $2");
    REPORT = "UPDATE own_sign_ins SET reported_at = $3 WHERE user_id = $1 AND id = $2";
}

/// A sign-in to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSignIn {
    /// Whose.
    pub user: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// To which application.
    pub application: ApplicationId,
    /// Through which connection; none: here.
    pub connection: Option<ConnectionId>,
    /// How, after RFC 8176.
    pub methods: Vec<String>,
    /// Its trace.
    pub correlation: CorrelationId,
    /// The address that it came from.
    pub remote: Option<String>,
    /// What the browser called itself.
    pub agent: Option<String>,
}

/// A kept sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSignInRow {
    /// Rises with time; the cursor of a page.
    pub id: i64,
    /// What was kept.
    pub sign_in: OwnSignIn,
    /// When its owner said that it was somebody else.
    pub reported_at: Option<DateTime<Utc>>,
}

/// Keeps a sign-in.
pub async fn insert(tx: &mut Tx, sign_in: &OwnSignIn) -> Result<(), StorageError> {
    let values = values![
        sign_in.user.as_str(),
        sign_in.at,
        sign_in.application.as_str(),
        sign_in.connection.as_ref().map(ConnectionId::as_str),
        json("methods", &sign_in.methods)?,
        sign_in.correlation.as_str(),
        sign_in.remote.as_deref(),
        sign_in.agent.as_deref().map(crate::sessions::cut),
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// The sign-ins of an account, newest first, before the cursor.
pub async fn list(
    tx: &mut Tx,
    user: &UserId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<OwnSignInRow>, StorageError> {
    let rows = tx.fetch_all(LIST, values![user.as_str(), before.unwrap_or(i64::MAX), limit]).await?;
    rows.iter().map(|row| read(row, user)).collect()
}

/// One of them; none where it is somebody else's.
pub async fn get(tx: &mut Tx, user: &UserId, id: i64) -> Result<Option<OwnSignInRow>, StorageError> {
    tx.fetch_optional(GET, values![user.as_str(), id]).await?.map(|row| read(&row, user)).transpose()
}

/// Notes that it was somebody else; false where it is not the account's.
pub async fn report(tx: &mut Tx, user: &UserId, id: i64, now: DateTime<Utc>) -> Result<bool, StorageError> {
    Ok(tx.execute(REPORT, values![user.as_str(), id, now]).await? > 0)
}

fn read(row: &Row, user: &UserId) -> Result<OwnSignInRow, StorageError> {
    Ok(OwnSignInRow {
        id: row.int("id")?,
        sign_in: OwnSignIn {
            user: user.clone(),
            at: row.time("at")?,
            application: row.parsed("application")?,
            connection: row.opt_parsed("connection")?,
            methods: row.json("methods")?,
            correlation: row.parsed("correlation")?,
            remote: row.opt_text("remote")?,
            agent: row.opt_text("agent")?,
        },
        reported_at: row.opt_time("reported_at")?,
    })
}
