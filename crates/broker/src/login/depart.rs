//! Departure to a provider: the hand-shake is kept under the hash of its `state`, then the browser leaves.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use usher_connectors::{Begun, Connector, ConnectorError, Departure, PendingHandshake, Services, SignInDemand};
use usher_domain::{ConnectionId, FlowId, Interaction, RefusalCode, TraceStage};
use usher_login_flow::{FlowEvent, LoginFlow, Next, StepNumber, advance, next};
use usher_storage::pending::{self, PendingRow};
use usher_storage::{Hash, Purpose, hash, hex};

use super::refuse::{page, refuse};
use crate::account::linking::LinkIntent;
use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state::{self, LoadedFlow};
use crate::snapshot::ConfiguredConnection;
use crate::tracing_events::{chain, note};
use crate::visitor::Visitor;

/// Life of a pending callback.
const PENDING_LIFE: Duration = Duration::minutes(10);
/// Hand-shakes one flow may hold (Back, another provider, Back again).
const PENDING_PER_FLOW: i64 = 10;

/// What waits for the callback.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredHandshake {
    /// The connector's part.
    pub pending: PendingHandshake,
    /// Set when an admin tests the connection: hash of the binding cookie; nobody is signed in at the end.
    pub probe: Option<Hash>,
    /// Set when somebody links another account on the account page: nobody is signed in at the end either.
    #[serde(default)]
    pub link: Option<LinkIntent>,
    /// The provider's answer, where it came as a form and waits for its browser.
    #[serde(default)]
    pub parked: Option<Vec<(String, String)>>,
    /// The step that it left from, and how many questions of the script were answered by then: an answer counts for
    /// nothing else (SESS-10).
    #[serde(default)]
    pub left_from: Option<LeftFrom>,
}

impl StoredHandshake {
    /// One that belongs to no sign-in.
    pub fn new(pending: PendingHandshake) -> Self {
        Self { pending, probe: None, link: None, parked: None, left_from: None }
    }
}

/// Where in a sign-in a hand-shake began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftFrom {
    step: StepNumber,
    answered: usize,
}

impl LeftFrom {
    /// Where a sign-in stands now.
    pub fn now(flow: &LoginFlow) -> Option<Self> {
        let answered = flow.script().map_or(0, |script| script.answered().len());
        flow.open_step().map(|step| Self { step, answered })
    }
}

/// The person chose a connection on the page.
pub async fn depart(
    broker: &Broker,
    id: &FlowId,
    connection: &ConnectionId,
    visitor: &Visitor,
) -> Result<String, Failure> {
    let now = broker.now();
    let loaded = flow_state::load(broker, id, visitor, now).await?;
    match next(&loaded.state.flow, now) {
        Next::AlreadyFinished => {
            let refusal = page(broker, &loaded, RefusalCode::TxAlreadyUsed, None, now);
            Err(refusal.into())
        }
        Next::Expired => Err(refuse(broker, loaded, RefusalCode::TxExpired, None, visitor).await),
        _ => Box::pin(depart_loaded(broker, loaded, connection, visitor)).await,
    }
}

/// Departs with a flow that was loaded already.
pub async fn depart_loaded(
    broker: &Broker,
    mut loaded: LoadedFlow,
    connection: &ConnectionId,
    visitor: &Visitor,
) -> Result<String, Failure> {
    let now = broker.now();
    let step = loaded.state.flow.open_step().ok_or(Fault::Invariant("a flow that departs has an open step"))?;
    let event = FlowEvent::ConnectionChosen { step, connection: connection.clone() };
    let flow = match advance(loaded.state.flow.clone(), event, now) {
        Ok(flow) => flow,
        Err(error) => {
            return Err(page(broker, &loaded, error.refusal_code(), None, now).into());
        }
    };
    let snapshot = broker.snapshot();
    let Some(configured) = snapshot.sign_in_connection(connection) else {
        let code = RefusalCode::ConnectionUnavailable;
        return Err(refuse(broker, loaded, code, Some(connection.clone()), visitor).await);
    };
    loaded.state.flow = flow;
    loaded.state.trace.connection = Some(connection.clone());
    let demand = demand(&loaded);
    match begin(broker, configured, &demand).await {
        Ok((begun, url)) => {
            let name = &configured.connection.name;
            note(&mut loaded.state.trace, now, TraceStage::Departure, format!("sent to {name} ({})", shown(&url)));
            let left_from = LeftFrom::now(&loaded.state.flow);
            let stored = StoredHandshake { left_from, ..StoredHandshake::new(begun.pending) };
            if !keep(broker, loaded.state.flow.id(), stored).await? {
                let refusal = page(broker, &loaded, RefusalCode::RateLimited, None, now);
                return Err(refusal.into());
            }
            flow_state::save(broker, &loaded.state, loaded.revision).await?;
            Ok(url)
        }
        Err(error) => {
            tracing::warn!(connection = %connection, phase = error.phase, fault = %chain(&error), "departure failed");
            super::refuse::note_connector_error(&mut loaded.state.trace, now, &error);
            Err(refuse(broker, loaded, error.refusal, Some(connection.clone()), visitor).await)
        }
    }
}

fn demand(loaded: &LoadedFlow) -> SignInDemand {
    let upstream = loaded.state.flow.demand();
    SignInDemand {
        interaction: if upstream.reauthenticate { Interaction::Forced } else { Interaction::Allowed },
        max_age: upstream.max_age,
        login_hint: upstream.login_hint,
        ui_locales: upstream.ui_locales,
        parameters: loaded.state.flow.execution().map(|asked| asked.upstream.clone()).unwrap_or_default(),
    }
}

/// Where a URL leads, without its query.
fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// The connector of a configured connection.
pub fn connector(broker: &Broker, configured: &ConfiguredConnection) -> Result<Box<dyn Connector>, Fault> {
    let redirect_uri = redirect_uri(broker, &configured.connection.id);
    let mut connection = configured.connection.clone();
    if let Some(settings) = broker.discovered.get(&(connection.id.clone(), connection.revision)) {
        connection.settings = settings;
    }
    usher_connectors::connector_for(&connection, configured.secret.clone(), &redirect_uri)
        .map_err(|e| Fault::unreadable("connection settings", e))
}

/// Our redirect URI at the provider: one per connection, which stops mix-ups.
pub fn redirect_uri(broker: &Broker, connection: &ConnectionId) -> String {
    format!("{}/callback/oidc/{connection}", broker.public_url())
}

/// Asks the connector for a departure.
pub async fn begin(
    broker: &Broker,
    configured: &ConfiguredConnection,
    demand: &SignInDemand,
) -> Result<(Begun, String), ConnectorError> {
    let connector = connector(broker, configured).map_err(|fault| ConnectorError {
        phase: "settings",
        refusal: RefusalCode::ConnectionUnavailable,
        checks: Vec::new(),
        source: Box::new(fault),
    })?;
    let begun = connector.begin(demand, services(broker), broker.now()).await?;
    if let Some(settings) = &begun.completed_settings {
        let key = (configured.connection.id.clone(), configured.connection.revision);
        broker.discovered.insert(key, settings.clone());
    }
    let url = match &begun.departure {
        Departure::Redirect { url } => url.to_string(),
        Departure::PostForm { .. } => {
            return Err(ConnectorError {
                phase: "departure",
                refusal: RefusalCode::ConnectionUnavailable,
                checks: Vec::new(),
                source: "this kind of departure is not spoken by this front".into(),
            });
        }
    };
    Ok((begun, url))
}

/// What connectors may use.
pub fn services(broker: &Broker) -> Services<'_> {
    Services { fetch: &*broker.fetch, keys: &broker.provider_keys, entropy: broker.entropy() }
}

/// Keeps a hand-shake. False when the flow holds too many.
pub async fn keep(broker: &Broker, flow: &FlowId, stored: StoredHandshake) -> Result<bool, Fault> {
    let now = broker.now();
    let state_hash = hash(stored.pending.state.as_bytes());
    let connection = stored.pending.connection.clone();
    let text = serde_json::to_vec(&stored).map_err(|e| Fault::unreadable("hand-shake", e))?;
    let sealed = broker
        .store
        .sealer()
        .seal(Purpose::PENDING, &hex(&state_hash), &text, broker.entropy())
        .map_err(|e| Fault::unreadable("hand-shake", e))?;
    let row = PendingRow {
        state_hash,
        flow: flow.clone(),
        connection,
        sealed,
        created_at: now,
        expires_at: now + PENDING_LIFE,
        claimed_at: None,
    };
    broker
        .store
        .write_ephemeral(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                if pending::count(tx, &row.flow).await? >= PENDING_PER_FLOW {
                    return Ok::<_, Fault>(false);
                }
                pending::insert(tx, &row).await?;
                Ok(true)
            })
        })
        .await
}

/// The refusal for a departure without a flow (test sign-in).
pub fn refusal_of(error: &ConnectorError, visitor: &Visitor, broker: &Broker) -> Refusal {
    Refusal::bare(error.refusal, visitor.correlation.clone(), broker.now())
}
