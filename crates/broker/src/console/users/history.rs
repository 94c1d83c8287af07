//! The History of a person: decisions about sign-ins and what was done to the account, newest first.

use chrono::{DateTime, Utc};
use usher_domain::{AuditEvent, ConnectionId, CorrelationId, UserId};
use usher_provisioning::Explanation;
use usher_storage::audit::AuditSearch;
use usher_storage::decisions::DecisionRow;
use usher_storage::{audit, decisions};

use crate::broker::Broker;
use crate::failure::Fault;

/// Entries on a page.
const PAGE: u32 = 40;

/// Where a page begins: before these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Before {
    /// Of decisions.
    pub decision: Option<i64>,
    /// Of audit events.
    pub event: Option<i64>,
}

/// One entry.
#[derive(Debug, Clone)]
pub enum Entry {
    /// What provisioning decided at a sign-in.
    Decided {
        /// When.
        at: DateTime<Utc>,
        /// In a stable word.
        outcome: String,
        /// Through which connection.
        connection: ConnectionId,
        /// The sign-in.
        correlation: CorrelationId,
        /// Revision of the connection's settings then in force.
        settings_revision: Option<i64>,
        /// Why, line by line, masked.
        why: Vec<String>,
    },
    /// What somebody did.
    Done(AuditEvent),
}

impl Entry {
    /// When it was.
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Decided { at, .. } => *at,
            Self::Done(event) => event.at,
        }
    }
}

/// One page.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub next: Option<Before>,
}

/// A page of a person's history.
pub async fn history(broker: &Broker, user: &UserId, before: Before) -> Result<History, Fault> {
    let user = user.clone();
    let object = crate::audit::user_object(&user);
    let (decided, done) = broker
        .store
        .read(move |tx| {
            let search =
                AuditSearch { object: object.clone(), before: before.event, limit: PAGE, ..AuditSearch::default() };
            Box::pin(async move {
                let decided = decisions::list_by_user(tx, &user, before.decision, PAGE).await?;
                Ok::<_, Fault>((decided, audit::list(tx, &search).await?))
            })
        })
        .await?;
    Ok(merge((decided, done), before))
}

fn merge((decided, done): (Vec<DecisionRow>, Vec<(i64, AuditEvent)>), before: Before) -> History {
    let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let full = decided.len() == limit || done.len() == limit || decided.len() + done.len() > limit;
    let mut all: Vec<(Before, Entry)> = decided
        .into_iter()
        .map(|row| (Before { decision: Some(row.id), event: None }, read(row)))
        .chain(done.into_iter().map(|(id, event)| (Before { decision: None, event: Some(id) }, Entry::Done(event))))
        .collect();
    all.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at()));
    all.truncate(limit);
    let last = all.iter().fold(before, |last, (here, _)| Before {
        decision: here.decision.or(last.decision),
        event: here.event.or(last.event),
    });
    History { entries: all.into_iter().map(|(_, entry)| entry).collect(), next: full.then_some(last) }
}

fn read(row: DecisionRow) -> Entry {
    let explanation = serde_json::from_str::<Explanation>(&row.decision.explanation).ok();
    Entry::Decided {
        at: row.decision.at,
        outcome: row.decision.outcome,
        connection: row.decision.connection,
        correlation: row.decision.correlation,
        settings_revision: explanation.as_ref().map(|explanation| explanation.settings_revision),
        why: explanation.map(|explanation| explanation.lines()).unwrap_or_default(),
    }
}
