//! Arrival from a provider: find the hand-shake, check who owns it, verify the answer, decide. Nothing is
//! written about the person yet; the decision waits in the flow until the end.
//!
//! No transaction is open while the provider is awaited. A callback is claimed by compare-and-set before
//! the first request leaves, so the same one never runs twice (OIDC-06).

use usher_connectors::{Callback, Completed};
use usher_domain::{ConnectionId, ExternalIdentity, FlowId, RefusalCode, TraceStage};
use usher_login_flow::{FlowEvent, ProvedIdentity, StepNumber, advance};
use usher_provisioning::{Decision, Outcome};
use usher_storage::pending::{self, PendingRow};
use usher_storage::{Hash, Purpose, hash, hex};

use super::decided::authentication;
use super::decisions;
use super::depart::{LeftFrom, StoredHandshake, connector, services};
use super::evidence::decide_now;
use super::finish::{account_need, decision_context};
use super::probe::{self, ProbeReport};
use super::refuse::{note_connector_error, page, refuse, refuse_stranger};
use crate::account::linking;
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::tracing_events::{chain, checked, note};
use crate::visitor::Visitor;

/// Where a callback leads.
#[derive(Debug)]
pub enum Arrived {
    /// To the dispatcher.
    Continue(FlowId),
    /// To the account page, which asks whether to link.
    Linking,
    /// To the report of a test sign-in.
    Probe(Box<ProbeReport>),
}

/// Takes a provider's answer, or the `state` under which it was parked.
pub async fn arrive(
    broker: &Broker,
    connection: &ConnectionId,
    callback: &Callback,
    visitor: &Visitor,
) -> Result<Arrived, Failure> {
    let now = broker.now();
    let (row, mut stored) = handshake_of(broker, connection, callback, visitor).await?;
    let state_hash = row.state_hash;
    let parked = stored.parked.take().map(Callback::new);
    let callback = parked.as_ref().unwrap_or(callback);
    if let Some(owner) = stored.probe {
        return probe::arrive(broker, connection, callback, (row, stored, owner), visitor).await;
    }
    if let Some(intent) = stored.link.take() {
        let left = (row, stored, intent);
        return linking::arrive(broker, connection, callback, left, visitor).await.map(|()| Arrived::Linking);
    }
    let loaded = match flow_state::load(broker, &row.flow, visitor, now).await {
        Ok(loaded) => loaded,
        Err(Failure::Refused(refusal)) => return Err(refuse_stranger(broker, refusal.code, visitor).await),
        Err(fault) => return Err(fault),
    };
    if row.claimed_at.is_some() || !claim(broker, state_hash).await? {
        return Err(page(broker, &loaded, RefusalCode::TxAlreadyUsed, None, now).into());
    }
    Box::pin(verify(broker, loaded, connection, callback, (stored, visitor))).await
}

/// The hand-shake that an answer belongs to; refused where there is none.
pub(super) async fn handshake_of(
    broker: &Broker,
    connection: &ConnectionId,
    callback: &Callback,
    visitor: &Visitor,
) -> Result<(PendingRow, StoredHandshake), Failure> {
    let now = broker.now();
    let Some(state) = callback.state().filter(|_| !callback.is_oversized()) else {
        return Err(refuse_stranger(broker, RefusalCode::IdpResponseInvalid, visitor).await);
    };
    let state_hash = hash(state.as_bytes());
    let row = broker
        .store
        .read_ephemeral(move |tx| Box::pin(async move { pending::get(tx, &state_hash, now).await }))
        .await?;
    // A state made for another connection is as unknown here as one never made (OIDC-03).
    let Some(row) = row.filter(|row| row.connection == *connection) else {
        return Err(refuse_stranger(broker, RefusalCode::IdpResponseInvalid, visitor).await);
    };
    let stored = open(broker, &row)?;
    Ok((row, stored))
}

/// Opens a hand-shake.
fn open(broker: &Broker, row: &PendingRow) -> Result<StoredHandshake, Fault> {
    let bytes = broker
        .store
        .sealer()
        .open(Purpose::PENDING, &hex(&row.state_hash), &row.sealed)
        .map_err(|e| Fault::unreadable("hand-shake", e))?;
    serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("hand-shake", e))
}

/// Claims a hand-shake; false when somebody else did.
pub async fn claim(broker: &Broker, state_hash: Hash) -> Result<bool, Fault> {
    let now = broker.now();
    let claimed = broker
        .store
        .write_ephemeral(move |tx| Box::pin(async move { pending::claim(tx, &state_hash, now).await }))
        .await?;
    Ok(claimed.is_some())
}

async fn verify(
    broker: &Broker,
    mut loaded: LoadedFlow,
    connection: &ConnectionId,
    callback: &Callback,
    (stored, visitor): (StoredHandshake, &Visitor),
) -> Result<Arrived, Failure> {
    let snapshot = broker.snapshot();
    let Some(configured) = snapshot.sign_in_connection(connection) else {
        let code = RefusalCode::ConnectionUnavailable;
        return Err(refuse(broker, loaded, code, Some(connection.clone()), visitor).await);
    };
    let Some(step) = loaded.state.flow.open_step() else {
        return Err(page(broker, &loaded, RefusalCode::TxAlreadyUsed, None, broker.now()).into());
    };
    // The sign-in went on since: neither a late answer nor a late refusal means the step that is open now.
    if stored.left_from != LeftFrom::now(&loaded.state.flow) {
        return Err(page(broker, &loaded, RefusalCode::TxAlreadyUsed, None, broker.now()).into());
    }
    let connector = connector(broker, configured)?;
    match connector.complete(&stored.pending, callback, services(broker), broker.now()).await {
        Ok(completed) => {
            let name = configured.connection.name.clone();
            Box::pin(decide(broker, loaded, step, completed, (&name, visitor))).await
        }
        Err(error) => {
            tracing::warn!(connection = %connection, phase = error.phase, fault = %chain(&error), "answer refused");
            note_connector_error(&mut loaded.state.trace, broker.now(), &error);
            Err(refuse(broker, loaded, error.refusal, Some(connection.clone()), visitor).await)
        }
    }
}

async fn decide(
    broker: &Broker,
    mut loaded: LoadedFlow,
    step: StepNumber,
    completed: Completed,
    (name, visitor): (&str, &Visitor),
) -> Result<Arrived, Failure> {
    let now = broker.now();
    let connection = completed.identity.key.connection.clone();
    checked(&mut loaded.state.trace, now, format!("answer of {name} verified"), completed.checks);
    let need = account_need(broker, &loaded.state.flow);
    let Some(context) = decision_context(broker, &completed.identity, need) else {
        let code = RefusalCode::ConnectionUnavailable;
        return Err(refuse(broker, loaded, code, Some(connection), visitor).await);
    };
    let presented = context.clone();
    let decided = broker.store.read(move |tx| Box::pin(async move { decide_now(tx, &context).await })).await?;
    for (attribute, received) in &decided.mapped.values {
        let text = format!("{attribute}: {}", probe::masked(received));
        note(&mut loaded.state.trace, now, TraceStage::Mapping, text);
    }
    for line in decided.decision.explanation.lines() {
        note(&mut loaded.state.trace, now, TraceStage::Decision, line);
    }
    let correlation = loaded.state.flow.correlation().clone();
    decisions::record_answer(broker, &presented, &decided.decision, &correlation).await?;
    match &decided.decision.outcome {
        Outcome::Refuse { code } => {
            decisions::keep_now(broker, &decided.decision, &connection, &correlation).await?;
            Err(refuse(broker, loaded, *code, Some(connection), visitor).await)
        }
        Outcome::ProveOwnership { user, .. } => {
            decisions::keep_now(broker, &decided.decision, &connection, &correlation).await?;
            let user = user.clone();
            let proved = proved(completed.identity, &decided.decision)?;
            let event = FlowEvent::ProofAsked { step, proved, user };
            go_on(broker, loaded, event, connection, visitor).await
        }
        Outcome::SignIn { .. } | Outcome::Link { .. } | Outcome::Create(_) | Outcome::PassThrough { .. } => {
            let authentication = Box::new(authentication(&completed.identity, &decided.decision, now));
            let proved = proved(completed.identity, &decided.decision)?;
            let event = FlowEvent::IdentityProved { step, authentication, proved };
            go_on(broker, loaded, event, connection, visitor).await
        }
    }
}

fn proved(identity: ExternalIdentity, decision: &Decision) -> Result<Box<ProvedIdentity>, Fault> {
    let decision = serde_json::to_string(decision).map_err(|e| Fault::unreadable("decision", e))?;
    Ok(Box::new(ProvedIdentity { identity, decision, ownership: None }))
}

async fn go_on(
    broker: &Broker,
    mut loaded: LoadedFlow,
    event: FlowEvent,
    connection: ConnectionId,
    visitor: &Visitor,
) -> Result<Arrived, Failure> {
    match advance(loaded.state.flow.clone(), event, broker.now()) {
        Ok(flow) => loaded.state.flow = flow,
        Err(error) => {
            return Err(refuse(broker, loaded, error.refusal_code(), Some(connection), visitor).await);
        }
    }
    loaded.state.trace.refusal = None;
    // Where another tab was faster, nothing is saved and the dispatcher shows what is true there.
    flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(Arrived::Continue(loaded.state.flow.id().clone()))
}
