//! An application asks to sign a person in: validate, begin a flow, hand over to the dispatcher.

use usher_domain::{EmailAddress, FlowId, SecretText, SignInTrace, TraceStage};
use usher_login_flow::{Beginning, LoginFlow};
use usher_oidc_provider::authorize::{self, AuthorizationRequest, AuthorizeError};
use usher_oidc_provider::params::Params;
use usher_oidc_provider::responses::{self, AuthorizationAnswer};
use usher_storage::flows;

use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state::{self, FlowState};
use crate::login::refuse_request;
use crate::snapshot::Snapshot;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Sign-ins in progress that one browser may hold per application before the oldest goes.
const FLOWS_PER_BROWSER: i64 = 3;

/// How an authorization request begins.
#[derive(Debug)]
pub enum Started {
    /// Go to the dispatcher.
    Login {
        /// The new flow.
        flow: FlowId,
        /// A new binding cookie, where the browser has none.
        browser: Option<SecretText>,
    },
    /// The application is told what was wrong with its request.
    Answer(AuthorizationAnswer),
}

/// Validates the request and begins a flow.
pub async fn start(broker: &Broker, params: &Params, visitor: &Visitor) -> Result<Started, Failure> {
    broker.assert_fresh()?;
    let now = broker.now();
    let snapshot = broker.snapshot();
    if !broker.limits.allows_sign_in(visitor.remote) {
        return Err(Refusal::bare(usher_domain::RefusalCode::RateLimited, visitor.correlation.clone(), now).into());
    }
    let request = match authorize::validate(params, |id| snapshot.application(id)) {
        Ok(request) => request,
        Err(AuthorizeError::Returned(error)) => {
            return Ok(Started::Answer(responses::error(&error, &broker.issuer)));
        }
        Err(AuthorizeError::Shown(error)) => {
            return Err(refuse_request(broker, error.code(), visitor).await);
        }
    };
    begin(broker, &snapshot, request, visitor).await
}

async fn begin(
    broker: &Broker,
    snapshot: &Snapshot,
    request: AuthorizationRequest,
    visitor: &Visitor,
) -> Result<Started, Failure> {
    let now = broker.now();
    let Some(application) = snapshot.application(&request.application) else {
        return Err(Fault::Invariant("a validated request names an application").into());
    };
    let hint = request
        .idp_hint
        .as_ref()
        .and_then(|hint| snapshot.resolve_hint(hint))
        .or_else(|| domain_of_hint(snapshot, request.login_hint.as_deref()));
    let plan = snapshot.plan_for(application, &request.acr_values);
    let mut trace = SignInTrace::new(visitor.correlation.clone(), now);
    trace.application = Some(application.id.clone());
    note(&mut trace, now, TraceStage::Request, format!("{} asks for {}", application.name, request.scopes));
    let beginning = Beginning {
        id: FlowId::random(broker.entropy()),
        correlation: visitor.correlation.clone(),
        request: request.sign_in_request(hint),
        protocol_request: serde_json::to_string(&request).map_err(|e| Fault::unreadable("request", e))?,
        plan,
    };
    let state = FlowState { flow: LoginFlow::begin(beginning, now), trace };
    let fresh = visitor.browser.is_none().then(|| broker.random_token());
    let browser = visitor.browser.as_ref().or(fresh.as_ref()).ok_or(Fault::Invariant("a browser is bound"))?;
    store_flow(broker, &state, browser).await?;
    Ok(Started::Login { flow: state.flow.id().clone(), browser: fresh })
}

/// A `login_hint` with an e-mail address may name a connection by its domain.
fn domain_of_hint(snapshot: &Snapshot, login_hint: Option<&str>) -> Option<usher_domain::ConnectionId> {
    let address = EmailAddress::parse(login_hint?).ok()?;
    snapshot.by_domain(address.domain())
}

async fn store_flow(broker: &Broker, state: &FlowState, browser: &SecretText) -> Result<(), Failure> {
    let row = flow_state::new_row(broker, state, browser)?;
    broker
        .store
        .write_ephemeral(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                flows::delete_oldest(tx, &row.browser_hash, &row.application, FLOWS_PER_BROWSER - 1).await?;
                flows::insert(tx, &row).await?;
                Ok::<_, Fault>(())
            })
        })
        .await?;
    Ok(())
}
