//! Test sign-in: an admin walks through a connection; claims and checks are shown, nobody is signed in, nothing is kept.

use usher_connectors::{Callback, SignInDemand};
use usher_domain::{
    AccountNeed, AttributeSchema, CheckResult, Claims, ConnectionId, CorrelationId, LocalAttribute, RefusalCode,
};
use usher_provisioning::{Received, claim_at, mask, rules_of};
use usher_storage::pending::PendingRow;
use usher_storage::{Hash, hash};

use super::arrive::{Arrived, claim};
use super::depart::{StoredHandshake, begin, connector, keep, refusal_of, services};
use super::evidence::decide_now;
use super::finish::decision_context;
use super::refuse::refuse_stranger;
use crate::broker::Broker;
use crate::failure::{Failure, Refusal};
use crate::flow_state;
use crate::snapshot::ConfiguredConnection;
use crate::visitor::Visitor;

/// How long an admin may take at the provider.
const LIFE: chrono::Duration = chrono::Duration::minutes(10);

/// What a test sign-in found.
#[derive(Debug, Clone)]
pub struct ProbeReport {
    /// The connection.
    pub connection: ConnectionId,
    /// Its name.
    pub name: String,
    /// Ties the test to the log.
    pub correlation: CorrelationId,
    /// Every check in order.
    pub checks: Vec<CheckResult>,
    /// Phase and cause, where it failed.
    pub failure: Option<(String, String)>,
    /// Claims as received; the admin's own person, so unmasked.
    pub claims: Claims,
    /// Attribute and value as mapped.
    pub mapped: Vec<(String, String)>,
    /// What linking would compare, where it is on.
    pub linking: Vec<Compared>,
    /// What would have happened, line by line.
    pub decision: Vec<String>,
}

/// One side of a linking rule, with what came for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The name of the claim.
    pub federated: String,
    /// The local attribute it must equal, as people read it.
    pub local: String,
    /// What the provider sent, if anything.
    pub received: Option<String>,
}

/// Sends the admin's browser to the provider.
pub async fn begin_probe(broker: &Broker, connection: &ConnectionId, visitor: &Visitor) -> Result<String, Failure> {
    let now = broker.now();
    let Some(browser) = &visitor.browser else {
        return Err(Refusal::bare(RefusalCode::TxOtherBrowser, visitor.correlation.clone(), now).into());
    };
    let snapshot = broker.snapshot();
    let Some(configured) = snapshot.connections.get(connection) else {
        return Err(Refusal::bare(RefusalCode::NotFound, visitor.correlation.clone(), now).into());
    };
    let (begun, url) = match begin(broker, configured, &SignInDemand::default()).await {
        Ok(begun) => begun,
        Err(error) => return Err(refusal_of(&error, visitor, broker).into()),
    };
    let owner = hash(browser.expose().as_bytes());
    let flow = flow_state::hold_probe(broker, owner, LIFE).await?;
    let stored = StoredHandshake { probe: Some(owner), ..StoredHandshake::new(begun.pending) };
    keep(broker, &flow, stored).await?;
    Ok(url)
}

/// Takes the provider's answer of a test.
pub async fn arrive(
    broker: &Broker,
    connection: &ConnectionId,
    callback: &Callback,
    (row, stored, owner): (PendingRow, StoredHandshake, Hash),
    visitor: &Visitor,
) -> Result<Arrived, Failure> {
    let owns = visitor.browser.as_ref().is_some_and(|value| hash(value.expose().as_bytes()) == owner);
    if !owns {
        return Err(refuse_stranger(broker, RefusalCode::TxOtherBrowser, visitor).await);
    }
    if row.claimed_at.is_some() || !claim(broker, row.state_hash).await? {
        return Err(refuse_stranger(broker, RefusalCode::TxAlreadyUsed, visitor).await);
    }
    let snapshot = broker.snapshot();
    let Some(configured) = snapshot.connections.get(connection) else {
        return Err(refuse_stranger(broker, RefusalCode::ConnectionUnavailable, visitor).await);
    };
    let mut report = ProbeReport {
        connection: connection.clone(),
        name: configured.connection.name.clone(),
        correlation: visitor.correlation.clone(),
        checks: Vec::new(),
        failure: None,
        claims: Claims::new(),
        mapped: Vec::new(),
        linking: Vec::new(),
        decision: Vec::new(),
    };
    let connector = connector(broker, configured)?;
    match connector.complete(&stored.pending, callback, services(broker), broker.now()).await {
        Err(error) => {
            report.failure = Some((error.phase.to_owned(), error.to_string()));
            report.checks = error.checks;
        }
        Ok(completed) => {
            report.checks = completed.checks;
            report.claims = completed.identity.claims.clone();
            report.linking = compared(&snapshot.schema, configured, &report.claims);
            if let Some(context) = decision_context(broker, &completed.identity, AccountNeed::Any) {
                let decided =
                    broker.store.read(move |tx| Box::pin(async move { decide_now(tx, &context).await })).await?;
                report.mapped =
                    decided.mapped.values.iter().map(|(name, value)| (name.to_string(), plain(value))).collect();
                report.decision = decided.decision.explanation.lines();
            }
        }
    }
    Ok(Arrived::Probe(Box::new(report)))
}

fn compared(schema: &AttributeSchema, configured: &ConfiguredConnection, claims: &Claims) -> Vec<Compared> {
    let provisioning = &configured.connection.provisioning;
    let Some(linking) = provisioning.linking.as_ref().filter(|_| provisioning.enabled) else { return Vec::new() };
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rules_of(linking)
        .into_iter()
        .map(|rule| Compared {
            received: claim_at(claims, &rule.federated).filter(|value| !value.is_null()).map(text),
            local: match &rule.local {
                LocalAttribute::Username => "User name".to_owned(),
                LocalAttribute::Attribute(name) => schema.label(name).to_owned(),
            },
            federated: rule.federated,
        })
        .collect()
}

fn plain(received: &Received) -> String {
    match received {
        Received::Values { values, .. } => values.join(" · "),
        Received::Empty => "(explicitly empty)".to_owned(),
        Received::Unusable => "(not usable)".to_owned(),
    }
}

/// A received value for a trace: masked.
pub fn masked(received: &Received) -> String {
    match received {
        Received::Values { values, verified } => {
            let values: Vec<String> = values.iter().map(|value| mask(value)).collect();
            format!("{}{}", values.join(" · "), if verified.is_verified() { " (verified)" } else { "" })
        }
        other => plain(other),
    }
}
