//! What came of a connection's sign-ins, and who uses it: for the list and for the tab Activity.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{Connection, ConnectionId, ConnectionKind};
use usher_storage::traces::{self, TraceStats};
use usher_storage::{decisions, links};

use crate::broker::Broker;
use crate::failure::Fault;

/// Connections on a page.
pub const PAGE: usize = 25;

/// Whether just-in-time provisioning is on, and linking with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JitState {
    /// Off.
    Off,
    /// On.
    On,
    /// On, and accounts that exist are linked.
    Linking,
}

impl JitState {
    /// Of a connection.
    pub fn of(connection: &Connection) -> Self {
        match (connection.provisioning.enabled, connection.provisioning.linking.is_some()) {
            (false, _) => Self::Off,
            (true, false) => Self::On,
            (true, true) => Self::Linking,
        }
    }
}

/// What the list is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// Part of the name, in any case.
    pub text: String,
    /// Of this kind.
    pub kind: Option<ConnectionKind>,
    /// Enabled or disabled.
    pub enabled: Option<bool>,
    /// With just-in-time provisioning like this.
    pub jit: Option<JitState>,
    /// The page, from 1.
    pub page: usize,
}

/// One connection in the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// It.
    pub connection: Connection,
    /// Applications that offer it.
    pub used_by: usize,
    /// Sign-ins of the last 7 days.
    pub stats: TraceStats,
}

/// One page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// By name.
    pub rows: Vec<Listed>,
    /// How many match.
    pub matching: usize,
    /// The page that is shown, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

/// A page of the connections that match. Works on the snapshot, and asks the database about the rows of the page only.
pub async fn page(broker: &Broker, search: &Search) -> Result<Page, Fault> {
    let snapshot = broker.snapshot();
    let text = search.text.trim().to_lowercase();
    let mut matching: Vec<(String, &Connection)> = snapshot
        .plain_connections()
        .iter()
        .filter(|c| search.kind.is_none_or(|kind| c.kind == kind))
        .filter(|c| search.enabled.is_none_or(|enabled| c.enabled == enabled))
        .filter(|c| search.jit.is_none_or(|jit| JitState::of(c) == jit))
        .map(|c| (c.name.to_lowercase(), c))
        .filter(|(name, _)| name.contains(&text))
        .collect();
    matching.sort_by(|a, b| a.0.cmp(&b.0));
    let pages = matching.len().div_ceil(PAGE).max(1);
    let page = search.page.clamp(1, pages);
    let shown: Vec<Connection> =
        matching.iter().skip((page - 1) * PAGE).take(PAGE).map(|(_, connection)| (*connection).clone()).collect();
    let (ids, since) = (shown.iter().map(|c| c.id.clone()).collect::<Vec<_>>(), broker.now() - Duration::days(7));
    let stats = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut stats = Vec::with_capacity(ids.len());
                for id in &ids {
                    stats.push(traces::stats(tx, id, since).await?);
                }
                Ok::<_, Fault>(stats)
            })
        })
        .await?;
    let rows = shown.into_iter().zip(stats).map(|(connection, stats)| Listed {
        used_by: used_by(broker, &connection.id),
        connection,
        stats,
    });
    Ok(Page { rows: rows.collect(), matching: matching.len(), page, pages })
}

/// Applications that offer a connection.
fn used_by(broker: &Broker, id: &ConnectionId) -> usize {
    let snapshot = broker.snapshot();
    let applications = snapshot.applications.values().filter(|application| !crate::snapshot::is_own(&application.id));
    applications.filter(|application| application.connections.as_ref().is_none_or(|list| list.contains(id))).count()
}

/// What was decided since a time: stable word of the outcome, and how often.
pub async fn outcomes(
    broker: &Broker,
    id: &ConnectionId,
    since: DateTime<Utc>,
) -> Result<(Vec<(String, i64)>, i64), Fault> {
    let id = id.clone();
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let counts = decisions::counts(tx, &id, since).await?;
                Ok::<_, Fault>((counts, links::count_by_connection(tx, &id).await?))
            })
        })
        .await
}
