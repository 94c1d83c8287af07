//! A sign-in is refused: the flow ends (or may be restarted), trace and audit are written in one commit.

use chrono::{DateTime, Utc};
use usher_domain::{ConnectionId, RefusalCode, SignInTrace, TraceStage};
use usher_login_flow::{Finality, FlowEvent, Next, advance, next};
use usher_storage::flow_recordings::FlowRecordingRow;
use usher_storage::{audit, flow_recordings, traces};

use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state::{self, LoadedFlow};
use crate::replay;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Ends the flow with `code` and records it. The answer is always the failure to hand on.
pub async fn refuse(
    broker: &Broker,
    mut loaded: LoadedFlow,
    code: RefusalCode,
    connection: Option<ConnectionId>,
    visitor: &Visitor,
) -> Failure {
    let now = broker.now();
    let (before, at) = (loaded.clone(), connection.clone());
    let event = FlowEvent::Refused { code, connection: connection.clone() };
    if let Ok(flow) = advance(loaded.state.flow.clone(), event, now) {
        loaded.state.flow = flow;
    }
    if next(&loaded.state.flow, now) == Next::RunScript {
        return script_answers(broker, loaded, code).await;
    }
    let refusal = page(broker, &loaded, code, connection.clone(), now);
    let trace = &mut loaded.state.trace;
    trace.refusal = Some(code);
    if connection.is_some() {
        trace.connection = connection;
    }
    note(trace, now, TraceStage::End, format!("refused: {code}"));
    let recording = Box::pin(replay::of_refused(broker, &before, (code, at), visitor)).await;
    let written = record_with(broker, &loaded.state.trace, (code, recording), visitor).await;
    if let Err(fault) = written {
        return fault.into();
    }
    match flow_state::save(broker, &loaded.state, loaded.revision).await {
        Ok(_) => refusal.into(),
        Err(fault) => fault.into(),
    }
}

/// The script of the flow has an answer to this failure: nothing is refused yet.
async fn script_answers(broker: &Broker, mut loaded: LoadedFlow, code: RefusalCode) -> Failure {
    note(
        &mut loaded.state.trace,
        broker.now(),
        TraceStage::Page,
        format!("the step failed, the script answers: {code}"),
    );
    match flow_state::save(broker, &loaded.state, loaded.revision).await {
        Ok(_) => Failure::ScriptAnswers(loaded.state.flow.id().clone()),
        Err(fault) => fault.into(),
    }
}

/// The page for a refusal of this flow, recorded already.
pub fn page(
    broker: &Broker,
    loaded: &LoadedFlow,
    code: RefusalCode,
    connection: Option<ConnectionId>,
    at: DateTime<Utc>,
) -> Refusal {
    let snapshot = broker.snapshot();
    let application = snapshot.application(&loaded.state.flow.request().application);
    Refusal {
        code,
        correlation: loaded.state.flow.correlation().clone(),
        at,
        flow: may_restart(loaded, at).then(|| loaded.state.flow.id().clone()),
        connection: connection.and_then(|id| snapshot.connections.get(&id).map(|c| c.connection.name.clone())),
        home_url: application.and_then(|a| a.home_url.clone()),
        retry_after: None,
        said: None,
    }
}

/// Whether "start again" leads anywhere.
fn may_restart(loaded: &LoadedFlow, at: DateTime<Utc>) -> bool {
    match next(&loaded.state.flow, at) {
        Next::Refused(refusal) => refusal.finality == Finality::Restartable,
        Next::Expired | Next::AlreadyFinished | Next::Ended(_) => false,
        Next::ShowSignIn(_)
        | Next::AskIdentifier(_)
        | Next::ProveOwnership(_)
        | Next::AskFactor(_)
        | Next::ShowRecoveryCodes(_)
        | Next::RunScript
        | Next::ShowPrompt(_)
        | Next::Depart { .. }
        | Next::Finish
        | Next::CannotInteract => true,
    }
}

/// Writes trace and audit event.
pub async fn record(broker: &Broker, trace: &SignInTrace, code: RefusalCode, visitor: &Visitor) -> Result<(), Fault> {
    record_with(broker, trace, (code, None), visitor).await
}

/// The same with what is recorded of the sign-in, in the same transaction.
pub async fn record_with(
    broker: &Broker,
    trace: &SignInTrace,
    (code, recording): (RefusalCode, Option<FlowRecordingRow>),
    visitor: &Visitor,
) -> Result<(), Fault> {
    if !broker.limits.records(visitor.remote) {
        tracing::warn!(%code, correlation = %trace.correlation, "refused, not written down: too many from one address");
        return Ok(());
    }
    let event = crate::audit::refused(visitor, trace, broker.now(), code);
    let trace = trace.clone();
    broker
        .store
        .write(move |tx| {
            let (event, trace, recording) = (event.clone(), trace.clone(), recording.clone());
            Box::pin(async move {
                audit::insert(tx, &event).await?;
                if let Some(recording) = &recording {
                    flow_recordings::insert(tx, recording).await?;
                }
                traces::upsert(tx, &trace).await
            })
        })
        .await?;
    Ok(())
}

/// A refusal that belongs to no flow of this browser: audit and page only.
pub async fn refuse_stranger(broker: &Broker, code: RefusalCode, visitor: &Visitor) -> Failure {
    let now = broker.now();
    let refusal = Refusal::bare(code, visitor.correlation.clone(), now);
    if !broker.limits.records(visitor.remote) {
        tracing::warn!(%code, correlation = %visitor.correlation, "refused, not written down: too many from one address");
        return refusal.into();
    }
    let trace = SignInTrace::new(visitor.correlation.clone(), now);
    let event = crate::audit::refused(visitor, &trace, now, code);
    let written = broker
        .store
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move { audit::insert(tx, &event).await })
        })
        .await;
    match written {
        Ok(()) => refusal.into(),
        Err(fault) => Fault::from(fault).into(),
    }
}

/// Writes a connector's failure into the trace: the phase, the checks, one safe line.
pub fn note_connector_error(trace: &mut SignInTrace, at: DateTime<Utc>, error: &usher_connectors::ConnectorError) {
    crate::tracing_events::checked(trace, at, format!("{}: {error}", error.phase), error.checks.clone());
}
