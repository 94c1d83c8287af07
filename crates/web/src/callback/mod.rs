//! Callbacks of the providers, one address per connection.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use usher_broker::login::{self, Arrived};
use usher_connectors::Callback;
use usher_domain::{ConnectionId, RefusalCode};

use crate::caller::Caller;
use crate::console;
use crate::error::{WebError, see_other};
use crate::pages::paths;
use crate::state::App;

/// Route of the callbacks.
pub const OIDC_CALLBACK: &str = "/callback/oidc/{connection}";

/// Routes of the callbacks.
pub fn routes() -> Router<App> {
    Router::new().route(OIDC_CALLBACK, get(oidc))
}

async fn oidc(
    State(app): State<App>,
    Path(connection): Path<String>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Result<Response, WebError> {
    let connection =
        ConnectionId::parse(connection).map_err(|_| caller.refuse(&app, RefusalCode::IdpResponseInvalid))?;
    let callback = Callback::parse(query.unwrap_or_default().as_bytes());
    let arrived =
        login::arrive(&app.broker, &connection, &callback, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    match arrived {
        Arrived::Continue(flow) => Ok(see_other(&paths::login(&flow))),
        Arrived::Probe(report) => Ok(console::probe_report(&app, *report).into_response()),
    }
}
