//! Decisions as they are kept: on the person's History, on the connection's Activity, never with a value in the clear.

use chrono::{DateTime, Utc};
use usher_domain::{ConnectionId, CorrelationId, UserId};
use usher_provisioning::{Decision, Outcome};
use usher_storage::decisions::{self, NewDecision};
use usher_storage::recordings::{self, RecordingRow};
use usher_storage::{Purpose, Tx};

use super::evidence::DecisionContext;
use crate::broker::Broker;
use crate::failure::Fault;

/// How long a recorded sign-in is kept.
const RECORDED_FOR: chrono::Duration = chrono::Duration::days(7);

/// The word under which an outcome is kept and counted.
pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::SignIn { .. } => "sign_in",
        Outcome::Link { .. } => "link",
        Outcome::Create(_) => "create",
        Outcome::PassThrough { .. } => "pass_through",
        Outcome::ProveOwnership { .. } => "prove_ownership",
        Outcome::Refuse { .. } => "refuse",
    }
}

/// The explanation as it is stored.
pub fn explanation(decision: &Decision) -> Result<String, Fault> {
    serde_json::to_string(&decision.explanation).map_err(|e| Fault::unreadable("explanation", e))
}

/// Keeps a decision.
pub async fn keep(
    tx: &mut Tx,
    (decision, user): (&Decision, Option<&UserId>),
    connection: &ConnectionId,
    correlation: CorrelationId,
    at: DateTime<Utc>,
) -> Result<(), Fault> {
    let row = NewDecision {
        at,
        correlation,
        connection: connection.clone(),
        user: user.cloned(),
        outcome: word(&decision.outcome).to_owned(),
        explanation: explanation(decision)?,
    };
    Ok(decisions::insert(tx, &row).await?)
}

/// Keeps a decision that leads to no commit by itself: a refusal, or a proof that is asked for.
pub async fn keep_now(
    broker: &Broker,
    decision: &Decision,
    connection: &ConnectionId,
    correlation: &CorrelationId,
) -> Result<(), Fault> {
    let (decision, connection, correlation) = (decision.clone(), connection.clone(), correlation.clone());
    let now = broker.now();
    broker
        .store
        .write(move |tx| {
            let (decision, connection, correlation) = (decision.clone(), connection.clone(), correlation.clone());
            Box::pin(async move {
                let user = decision.outcome.user();
                keep(tx, (&decision, user), &connection, correlation, now).await
            })
        })
        .await
}

/// Keeps a verified answer, sealed, where the connection says so. Never one of a person about whom nothing is stored.
pub async fn record_answer(
    broker: &Broker,
    context: &DecisionContext,
    decision: &Decision,
    correlation: &CorrelationId,
) -> Result<(), Fault> {
    let kept = matches!(
        decision.outcome,
        Outcome::SignIn { .. } | Outcome::Link { .. } | Outcome::Create(_) | Outcome::ProveOwnership { .. }
    );
    let is_on = context.connection.recording == usher_domain::Recording::On && context.connection.provisioning.enabled;
    if !kept || !is_on {
        return Ok(());
    }
    let id = usher_domain::RecordingId::random(broker.entropy());
    let text = serde_json::to_vec(&context.identity).map_err(|e| Fault::unreadable("recording", e))?;
    let sealed = broker
        .store
        .sealer()
        .seal(Purpose::RECORDING, id.as_str(), &text, broker.entropy())
        .map_err(|e| Fault::unreadable("recording", e))?;
    let now = broker.now();
    let row = RecordingRow {
        id,
        connection: context.connection.id.clone(),
        at: now,
        expires_at: now + RECORDED_FOR,
        correlation: correlation.clone(),
        sealed,
    };
    broker
        .store
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move { Ok::<_, Fault>(recordings::insert(tx, &row).await?) })
        })
        .await
}
