//! A sign-in in progress as it is kept: the state machine with its trace, sealed, one revision per save.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{ApplicationId, FlowId, RefusalCode, SecretText, SignInTrace, TraceStage};
use usher_login_flow::{FlowPlan, LoginFlow, Options};
use usher_oidc_provider::authorize::AuthorizationRequest;
use usher_storage::flows::{self, FlowRow};
use usher_storage::{Hash, Purpose, Sealed, flow_versions, hash};

use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::snapshot::CONSOLE;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// What waits in the ephemeral row.
#[derive(Debug, Clone)]
pub struct FlowState {
    /// The state machine.
    pub flow: LoginFlow,
    /// What happened so far.
    pub trace: SignInTrace,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    flow: String,
    trace: SignInTrace,
}

/// A state with the revision it was read at.
#[derive(Debug, Clone)]
pub struct LoadedFlow {
    /// The state.
    pub state: FlowState,
    /// Revision of the row.
    pub revision: i64,
}

impl FlowState {
    /// The application's request, as it was validated.
    pub fn request(&self) -> Result<AuthorizationRequest, Fault> {
        serde_json::from_str(self.flow.protocol_request()).map_err(|e| Fault::unreadable("authorization request", e))
    }

    fn seal(&self, broker: &Broker) -> Result<Sealed, Fault> {
        let flow = self.flow.encode().map_err(|e| Fault::unreadable("flow", e))?;
        let text = serde_json::to_vec(&Stored { flow, trace: self.trace.clone() })
            .map_err(|e| Fault::unreadable("flow", e))?;
        broker
            .store
            .sealer()
            .seal(Purpose::FLOW, self.flow.id().as_str(), &text, broker.entropy())
            .map_err(|e| Fault::unreadable("flow", e))
    }
}

/// The row of a new flow, owned by the browser with this binding value.
pub fn new_row(broker: &Broker, state: &FlowState, browser: &SecretText) -> Result<FlowRow, Fault> {
    Ok(FlowRow {
        id: state.flow.id().clone(),
        browser_hash: hash(browser.expose().as_bytes()),
        application: state.flow.request().application.clone(),
        revision: 1,
        sealed: state.seal(broker)?,
        created_at: state.flow.created_at(),
        expires_at: state.flow.expires_at(),
    })
}

/// Puts a row where the hand-shake of a test sign-in can hang: it holds no state, and no page belongs to it.
pub async fn hold_probe(broker: &Broker, owner: Hash, life: chrono::Duration) -> Result<FlowId, Fault> {
    let id = FlowId::random(broker.entropy());
    let sealed = broker.store.sealer().seal(Purpose::FLOW, id.as_str(), &[], broker.entropy());
    let row = FlowRow {
        id: id.clone(),
        browser_hash: owner,
        application: ApplicationId::parse(CONSOLE).map_err(|_| Fault::Invariant("the console has an id"))?,
        revision: 1,
        sealed: sealed.map_err(|e| Fault::unreadable("flow", e))?,
        created_at: broker.now(),
        expires_at: broker.now() + life,
    };
    broker
        .store
        .write_ephemeral(move |tx| {
            let row = row.clone();
            Box::pin(async move { flows::insert(tx, &row).await })
        })
        .await?;
    Ok(id)
}

/// Reads a flow and checks that this browser owns it (SESS-08: a stranger learns nothing about it).
pub async fn load(broker: &Broker, id: &FlowId, visitor: &Visitor, now: DateTime<Utc>) -> Result<LoadedFlow, Failure> {
    let asked = id.clone();
    let row = broker
        .store
        .read_ephemeral(move |tx| Box::pin(async move { flows::get(tx, &asked, now).await }))
        .await
        .map_err(Fault::from)?;
    let refuse = |code| Failure::from(Refusal::bare(code, visitor.correlation.clone(), now));
    let Some(row) = row else { return Err(refuse(RefusalCode::TxExpired)) };
    let owns = visitor.browser.as_ref().is_some_and(|value| hash(value.expose().as_bytes()) == row.browser_hash);
    if !owns {
        return Err(refuse(RefusalCode::TxOtherBrowser));
    }
    let mut state = open(broker, &row)?;
    look_up_options(broker, &mut state.flow).await?;
    Ok(LoadedFlow { state, revision: row.revision })
}

/// Puts options back that were too many to carry: from the version that the sign-in began with.
async fn look_up_options(broker: &Broker, flow: &mut LoginFlow) -> Result<(), Fault> {
    if flow.plan().options != Options::LookedUp {
        return Ok(());
    }
    let snapshot = broker.snapshot();
    let Some(application) = snapshot.application(&flow.request().application) else { return Ok(()) };
    let Some(version) = flow.plan().version.clone() else {
        let present = snapshot.plan_without_flow(application, &flow.request().acr_values);
        flow.look_up_options(present);
        return Ok(());
    };
    let asked = version.clone();
    let row = broker.store.read(move |tx| Box::pin(async move { flow_versions::get(tx, &asked).await })).await?;
    if let Some(row) = row {
        let connections = snapshot.plain_connections();
        flow.look_up_options(FlowPlan::of_flow(&row.definition, version, application, connections, &[]));
    }
    Ok(())
}

fn open(broker: &Broker, row: &FlowRow) -> Result<FlowState, Fault> {
    let bytes = broker
        .store
        .sealer()
        .open(Purpose::FLOW, row.id.as_str(), &row.sealed)
        .map_err(|e| Fault::unreadable("flow", e))?;
    let stored: Stored = serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("flow", e))?;
    let flow = LoginFlow::decode(&stored.flow).map_err(|e| Fault::unreadable("flow", e))?;
    Ok(FlowState { flow, trace: stored.trace })
}

/// Traces of sign-ins that people left unfinished: whoever went further than the first request is told about in the log.
pub async fn abandoned(broker: &Broker, now: DateTime<Utc>, limit: u32) -> Result<Vec<SignInTrace>, Fault> {
    let rows =
        broker.store.read_ephemeral(move |tx| Box::pin(async move { flows::expired(tx, now, limit).await })).await?;
    let mut traces = Vec::new();
    for row in rows {
        // A test sign-in holds none, and one that does not open must not stop the purge of the others.
        let Ok(FlowState { mut trace, .. }) = open(broker, &row) else { continue };
        if !trace.finished && trace.refusal.is_none() && trace.events.len() > 1 {
            trace.refusal = Some(RefusalCode::TxExpired);
            note(&mut trace, row.expires_at, TraceStage::End, "left unfinished");
            traces.push(trace);
        }
    }
    Ok(traces)
}

/// Removes a flow that ended without anything to keep.
pub async fn forget(broker: &Broker, id: &FlowId) -> Result<(), Fault> {
    let id = id.clone();
    broker
        .store
        .write_ephemeral(move |tx| {
            let id = id.clone();
            Box::pin(async move { flows::delete(tx, &id).await })
        })
        .await?;
    Ok(())
}

/// Saves a flow if nobody else did since it was read; `None` means it was continued in another tab.
pub async fn save(broker: &Broker, state: &FlowState, revision: i64) -> Result<Option<i64>, Fault> {
    let sealed = state.seal(broker)?;
    let id = state.flow.id().clone();
    Ok(broker
        .store
        .write_ephemeral(move |tx| {
            let (id, sealed) = (id.clone(), sealed.clone());
            Box::pin(async move { flows::save(tx, &id, revision, &sealed).await })
        })
        .await?)
}
