//! What is recorded of a sign-in, and what never is.
//!
//! Only of people with a local account: what a provider says of anybody else is not stored, here no more than elsewhere, nor
//! of people of a connection whose provisioning is off. Never a password, a code, a token or a secret: an answer from
//! outside that holds one is left out, so that a replay says "unknown" rather than guess.

use chrono::Duration;
use serde_json::Value;
use usher_domain::{ConnectionId, FlowOwner, RecordingId, RefusalCode, UserId};
use usher_flow_script::{OptionShape, StepView};
use usher_login_flow::lint::authenticator_name;
use usher_login_flow::replay::{Did, End, Names, Recording, Way};
use usher_login_flow::{Evidence, Finality, FlowRefusal, LoginFlow};
use usher_storage::flow_recordings::{self, FlowRecordingRow};
use usher_storage::{Purpose, Tx};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::LoadedFlow;
use crate::login::script::recorded;
use crate::login::{FinishPlan, NotCommitted};
use crate::snapshot::Snapshot;
use crate::tracing_events::fault as fault_logged;
use crate::visitor::Visitor;

/// How long a recording is kept.
const LIFE: Duration = Duration::days(14);
/// Words in the name of a value that nobody may keep.
const SECRET: [&str; 12] = [
    "password",
    "passwd",
    "secret",
    "token",
    "otp",
    "pin",
    "code",
    "credential",
    "authorization",
    "apikey",
    "assertion",
    "cookie",
];
/// Claims about tokens rather than about people.
const OF_TOKENS: [&str; 7] = ["nonce", "at_hash", "c_hash", "s_hash", "access_token", "refresh_token", "id_token"];

/// A sign-in that is about to finish. A recording that cannot be made stops nobody.
pub(crate) async fn of_finished(broker: &Broker, loaded: &LoadedFlow, visitor: &Visitor) -> Option<Box<Recording>> {
    logged(made(broker, loaded, None, visitor).await).map(Box::new)
}

/// A sign-in that is about to be refused, as it is before that.
pub(crate) async fn of_refused(
    broker: &Broker,
    loaded: &LoadedFlow,
    (code, connection): (RefusalCode, Option<ConnectionId>),
    visitor: &Visitor,
) -> Option<FlowRecordingRow> {
    let says_nothing_of_the_flow = matches!(
        code,
        RefusalCode::TxExpired
            | RefusalCode::TxOtherBrowser
            | RefusalCode::TxAlreadyUsed
            | RefusalCode::BadRequest
            | RefusalCode::CsrfFailed
            | RefusalCode::RedirectUriMismatch
            | RefusalCode::Internal
    );
    // Whoever has proved nothing yet could push everybody else's recordings out.
    if says_nothing_of_the_flow || loaded.state.flow.completed().is_empty() {
        return None;
    }
    let refusal = FlowRefusal { code, connection, finality: Finality::Restartable };
    let recording = logged(made(broker, loaded, Some(&refusal), visitor).await)?;
    of_an_account(broker, loaded, &recording)
}

/// A sign-in that its script ended.
pub(crate) async fn of_ended(broker: &Broker, loaded: &LoadedFlow, visitor: &Visitor) -> Option<FlowRecordingRow> {
    let recording = logged(made(broker, loaded, None, visitor).await)?;
    of_an_account(broker, loaded, &recording)
}

fn logged<T>(made: Result<Option<T>, Fault>) -> Option<T> {
    made.unwrap_or_else(|fault| {
        fault_logged(&fault, "a sign-in could not be recorded");
        None
    })
}

/// The row of a sign-in that did not finish: of a person who has an account now.
fn of_an_account(broker: &Broker, loaded: &LoadedFlow, recording: &Recording) -> Option<FlowRecordingRow> {
    let user = recording.person().filter(|_| recording.is_of_an_account())?.unique_id.clone()?;
    let user = UserId::parse(user).ok()?;
    let row = NewRow {
        sealer: broker.store.sealer(),
        entropy: broker.entropy(),
        owner: owner(&loaded.state.flow)?,
        user,
        correlation: loaded.state.flow.correlation().clone(),
        now: broker.now(),
    };
    logged(row.seal(recording).map(Some))
}

/// Keeps the recording of a sign-in in its own transaction, where the person has an account.
pub(crate) async fn land(tx: &mut Tx, plan: &FinishPlan, user: Option<&UserId>) -> Result<(), NotCommitted> {
    let (Some(recording), Some(user), Some(owner)) = (&plan.recording, user, &plan.owner) else { return Ok(()) };
    let row = NewRow {
        sealer: plan.store.sealer(),
        entropy: &*plan.entropy,
        owner: owner.clone(),
        user: user.clone(),
        correlation: plan.trace.correlation.clone(),
        now: plan.now,
    };
    flow_recordings::insert(tx, &row.seal(recording)?).await?;
    Ok(())
}

fn owner(flow: &LoginFlow) -> Option<FlowOwner> {
    flow.plan().version.as_ref().and_then(|version| FlowOwner::from_key(&version.owner).ok())
}

/// What a row needs beside the recording.
struct NewRow<'a> {
    sealer: &'a usher_storage::Sealer,
    entropy: &'a dyn usher_domain::Entropy,
    owner: FlowOwner,
    user: UserId,
    correlation: usher_domain::CorrelationId,
    now: chrono::DateTime<chrono::Utc>,
}

impl NewRow<'_> {
    fn seal(self, recording: &Recording) -> Result<FlowRecordingRow, Fault> {
        let id = RecordingId::random(self.entropy);
        let bytes = recording.encode().map_err(|e| Fault::unreadable("recording", e))?;
        let sealed = self.sealer.seal(Purpose::FLOW_RECORDING, id.as_str(), &bytes, self.entropy);
        Ok(FlowRecordingRow {
            id,
            owner: self.owner,
            application: recording.request.application.clone(),
            at: self.now,
            expires_at: self.now + LIFE,
            correlation: self.correlation,
            outcome: outcome(&recording.came_to.end).to_owned(),
            sealed: sealed.map_err(|e| Fault::unreadable("recording", e))?,
            user: Some(self.user),
        })
    }
}

fn outcome(end: &End) -> &'static str {
    match end {
        End::SignedIn { .. } => "signed_in",
        End::Refused { code } => code.as_str(),
        End::Ended { .. } | End::Asks { .. } => "ended",
    }
}

/// The recording, where this flow records and the person is one whom it may be about. Reads, and writes nothing.
async fn made(
    broker: &Broker,
    loaded: &LoadedFlow,
    refusal: Option<&FlowRefusal>,
    visitor: &Visitor,
) -> Result<Option<Recording>, Fault> {
    let flow = &loaded.state.flow;
    let snapshot = broker.snapshot();
    let Some(owner) = owner(flow) else { return Ok(None) };
    if !snapshot.recordings.keeps(&owner, &flow.request().application) || passes_through(flow, &snapshot) {
        return Ok(None);
    }
    let record = recorded(broker, &loaded.state, visitor).await?;
    let mut recording = Recording::of(flow, refusal, record, &names(&snapshot));
    // A script that ended the sign-in has cleared its steps; the recording still knows by which ways it went.
    if recording.moves.iter().any(|one| by_connection(&one.did).is_some_and(|id| !stores(id, &snapshot))) {
        return Ok(None);
    }
    clean(&mut recording);
    Ok(Some(recording))
}

/// Whether somebody comes by a connection that stores nothing.
fn passes_through(flow: &LoginFlow, snapshot: &Snapshot) -> bool {
    flow.completed().iter().any(|done| match &done.evidence {
        Evidence::Identity(proved) => !stores(&proved.identity.key.connection, snapshot),
        Evidence::Session(_) => done.authentication.connection.as_ref().is_some_and(|id| !stores(id, snapshot)),
        Evidence::Password | Evidence::Factor { .. } => false,
    })
}

fn stores(id: &ConnectionId, snapshot: &Snapshot) -> bool {
    snapshot.connections.get(id).is_some_and(|configured| configured.connection.provisioning.enabled)
}

fn by_connection(did: &Did) -> Option<&ConnectionId> {
    match did {
        Did::Passed { way: Way::Connection { id, .. }, .. } => Some(id),
        Did::Passed { way: Way::Session { connection, .. }, .. } => connection.as_ref(),
        Did::Passed { .. } | Did::Failed { .. } | Did::Aborted | Did::FilledIn { .. } => None,
    }
}

/// The connections under the names that scripts use.
pub(super) fn names(snapshot: &Snapshot) -> Names {
    let shape = |connection: &usher_domain::Connection| {
        OptionShape::connection(&connection.script_name, authenticator_name(connection.kind))
    };
    snapshot.plain_connections().iter().map(|connection| (connection.id.clone(), shape(connection))).collect()
}

fn clean(recording: &mut Recording) {
    recording.facts.facts.retain(|key, answer| !key.starts_with("http:") || !holds_secret(answer));
    for one in &mut recording.moves {
        match &mut one.did {
            Did::Passed { view, .. } => clean_view(view),
            Did::FilledIn { fields, .. } if holds_secret(fields) => *fields = Value::Null,
            Did::FilledIn { .. } | Did::Failed { .. } | Did::Aborted => {}
        }
    }
}

fn clean_view(view: &mut StepView) {
    let person = &mut view.subject;
    for claims in [&mut person.remote_claims, &mut person.claims] {
        claims.retain(|name, value| !OF_TOKENS.contains(&name.as_str()) && !is_token(value));
    }
}

/// A signed or encrypted token by its looks: `eyJ` opens every JSON object in base64url.
fn is_token(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("eyJ"))
}

fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| SECRET.iter().any(|secret| word.ends_with(secret)))
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| names_secret(name) || holds_secret(value)),
        Value::Array(items) => items.iter().any(holds_secret),
        other => is_token(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::holds_secret;

    #[test]
    fn what_names_or_looks_like_a_secret_is_not_kept() {
        for kept in
            [json!({ "risk": 3 }), json!({ "body": { "country": "LU", "pincers": [1] } }), json!("low"), json!(null)]
        {
            assert!(!holds_secret(&kept), "{kept}");
        }
        for secret in [
            json!({ "access_token": "x" }),
            json!({ "body": { "accessToken": "x" } }),
            json!([{ "Password": "x" }]),
            json!({ "sms_code": ["1"] }),
            json!({ "api-key": "eyJhbGciOi" }),
            json!("eyJhbGciOi"),
        ] {
            assert!(holds_secret(&secret), "{secret}");
        }
    }
}
