//! Audit events, written in the transaction of the deed (R4). Numbering and chaining are a background sealer's
//! work; its columns stay empty here.

use usher_domain::AuditEvent;

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::{json, word};

statements! {
    INSERT = "INSERT INTO audit (at, action, actor, object, outcome, detail, correlation, remote)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    LIST = "SELECT id, at, action, actor, object, outcome, detail, correlation, remote FROM audit
            WHERE id < $1 AND ($2 = '' OR action LIKE $3 ESCAPE '!') AND ($4 = '' OR object = $4)
            ORDER BY id DESC LIMIT $5";
}

/// Most events on a page.
const MAX_PAGE: u32 = 500;

/// What the console asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditSearch {
    /// Beginning of the action, e.g. `connection.`; empty: all.
    pub action_prefix: String,
    /// The object, e.g. `user:u_…`; empty: all.
    pub object: String,
    /// Events before this number, for the next page.
    pub before: Option<i64>,
    /// Most events.
    pub limit: u32,
}

/// Adds an event.
pub async fn insert(tx: &mut Tx, event: &AuditEvent) -> Result<(), StorageError> {
    let values = values![
        event.at,
        &event.action,
        json("actor", &event.actor)?,
        &event.object,
        word("outcome", &event.outcome)?,
        json("detail", &event.detail)?,
        event.correlation.as_ref().map(usher_domain::CorrelationId::as_str),
        event.remote.as_deref(),
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// Events with their numbers, newest first.
pub async fn list(tx: &mut Tx, search: &AuditSearch) -> Result<Vec<(i64, AuditEvent)>, StorageError> {
    // Actions are made of letters, dots and underscores; only the last would be a wildcard.
    let pattern = format!("{}%", search.action_prefix.replace('!', "!!").replace('_', "!_").replace('%', "!%"));
    let values = values![
        search.before.unwrap_or(i64::MAX),
        &search.action_prefix,
        pattern,
        &search.object,
        search.limit.clamp(1, MAX_PAGE),
    ];
    tx.fetch_all(LIST, values).await?.iter().map(|row| Ok((row.int("id")?, read(row)?))).collect()
}

fn read(row: &Row) -> Result<AuditEvent, StorageError> {
    Ok(AuditEvent {
        at: row.time("at")?,
        action: row.text("action")?,
        actor: row.json("actor")?,
        object: row.text("object")?,
        outcome: row.word("outcome")?,
        detail: row.json("detail")?,
        correlation: row.opt_parsed("correlation")?,
        remote: row.opt_text("remote")?,
    })
}
