//! Traces of sign-ins: one row of JSON each, with the columns that an admin filters by.

use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, ConnectionId, CorrelationId, SignInTrace, UserId};

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;
use crate::text::json;

statements! {
    UPSERT = "INSERT INTO traces (correlation, started_at, application, connection, user_id, refusal, finished, body)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
              ON CONFLICT (correlation) DO UPDATE SET application = excluded.application,
                  connection = excluded.connection, user_id = excluded.user_id, refusal = excluded.refusal,
                  finished = excluded.finished, body = excluded.body";
    GET = "SELECT body FROM traces WHERE correlation = $1";
    LIST = "SELECT body FROM traces
            WHERE started_at < $1 AND ($2 = '' OR application = $2) AND ($3 = '' OR connection = $3)
                AND ($4 = '' OR user_id = $4)
                AND ($5 = '' OR ($5 = 'finished' AND finished = 1) OR ($5 = 'refused' AND refusal IS NOT NULL)
                     OR ($5 = 'open' AND finished = 0 AND refusal IS NULL))
            ORDER BY started_at DESC, correlation LIMIT $6";
    COUNTS = "SELECT COUNT(*) AS total, COUNT(refusal) AS refused FROM traces
              WHERE connection = $1 AND started_at >= $2";
    LAST_SUCCESS = "SELECT started_at FROM traces WHERE connection = $1 AND finished = 1
                    ORDER BY started_at DESC LIMIT 1";
}

/// What became of the sign-ins through a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceStats {
    /// How many were begun.
    pub total: i64,
    /// How many of them were refused.
    pub refused: i64,
    /// When the last one that succeeded was begun, however long ago.
    pub last_success: Option<DateTime<Utc>>,
}

/// Most traces on a page.
const MAX_PAGE: u32 = 500;

/// How a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TraceOutcome {
    /// However.
    #[default]
    Any,
    /// The application got its code.
    Finished,
    /// It was refused.
    Refused,
    /// Neither, yet.
    Open,
}

/// What the console asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceSearch {
    /// Of this application.
    pub application: Option<ApplicationId>,
    /// Through this connection.
    pub connection: Option<ConnectionId>,
    /// Of this account.
    pub user: Option<UserId>,
    /// With this end.
    pub outcome: TraceOutcome,
    /// Begun before, for the next page.
    pub before: Option<DateTime<Utc>>,
    /// Most traces.
    pub limit: u32,
}

/// Writes a trace, over the former state of the same sign-in.
pub async fn upsert(tx: &mut Tx, trace: &SignInTrace) -> Result<(), StorageError> {
    let values = values![
        trace.correlation.as_str(),
        trace.started_at,
        trace.application.as_ref().map(ApplicationId::as_str),
        trace.connection.as_ref().map(ConnectionId::as_str),
        trace.user.as_ref().map(UserId::as_str),
        trace.refusal.map(usher_domain::RefusalCode::as_str),
        i64::from(trace.finished),
        json("body", trace)?,
    ];
    tx.execute(UPSERT, values).await.map(drop)
}

/// One trace.
pub async fn get(tx: &mut Tx, correlation: &CorrelationId) -> Result<Option<SignInTrace>, StorageError> {
    tx.fetch_optional(GET, values![correlation.as_str()]).await?.map(|row| row.json("body")).transpose()
}

/// Traces, newest first.
pub async fn list(tx: &mut Tx, search: &TraceSearch) -> Result<Vec<SignInTrace>, StorageError> {
    let outcome = match search.outcome {
        TraceOutcome::Any => "",
        TraceOutcome::Finished => "finished",
        TraceOutcome::Refused => "refused",
        TraceOutcome::Open => "open",
    };
    let values = values![
        search.before.map_or(i64::MAX, |before| before.timestamp_millis()),
        search.application.as_ref().map_or("", ApplicationId::as_str),
        search.connection.as_ref().map_or("", ConnectionId::as_str),
        search.user.as_ref().map_or("", UserId::as_str),
        outcome,
        search.limit.clamp(1, MAX_PAGE),
    ];
    tx.fetch_all(LIST, values).await?.iter().map(|row| row.json("body")).collect()
}

/// Sign-ins through a connection since a time, and its last success.
pub async fn stats(tx: &mut Tx, connection: &ConnectionId, since: DateTime<Utc>) -> Result<TraceStats, StorageError> {
    let row = tx.fetch_one(COUNTS, values![connection.as_str(), since]).await?;
    let last = tx.fetch_optional(LAST_SUCCESS, values![connection.as_str()]).await?;
    let last_success = last.map(|row| row.time("started_at")).transpose()?;
    Ok(TraceStats { total: row.int("total")?, refused: row.int("refused")?, last_success })
}
