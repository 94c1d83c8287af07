//! Callbacks of the providers, one address per connection: by redirect, or by a form that the provider's page posts.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, header};
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
    Router::new().route(OIDC_CALLBACK, get(oidc).post(form_post))
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
        Arrived::Linking => Ok(see_other(paths::routes::ACCOUNT_LINK_CONFIRM)),
        Arrived::Probe(report) => Ok(console::probe_report(&app, *report).into_response()),
    }
}

/// A form from another site comes without our cookies: the answer is parked, and the browser fetches it with them.
async fn form_post(
    State(app): State<App>,
    Path(connection): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WebError> {
    let invalid = || caller.refuse(&app, RefusalCode::IdpResponseInvalid);
    let connection = ConnectionId::parse(connection).map_err(|_| invalid())?;
    if !is_form(&headers) {
        return Err(invalid());
    }
    let callback = Callback::parse(&body);
    let handle =
        login::park(&app.broker, &connection, &callback, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&format!("/callback/oidc/{connection}?state={handle}")))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
