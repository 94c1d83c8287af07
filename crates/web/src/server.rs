//! The router and its layers.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Router, http};
use http::HeaderValue;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};
use usher_broker::{Failure, Refusal};
use usher_domain::{CorrelationId, RefusalCode};
use usher_storage::SessionRows;
use usher_storage::sessions::SessionKind;

use crate::error::{CORRELATION_HEADER, WebError};
use crate::pages::Ui;
use crate::security_headers::{PageClass, confining};
use crate::state::App;
use crate::{account, assets, callback, console, health, login, op, setup};

/// Largest request body, in bytes.
const BODY_LIMIT: usize = 256 * 1024;
/// Longest a request may take; a provider's answers together may take half of it.
const REQUEST_WITHIN: Duration = Duration::from_mins(1);

/// Every route with its layers.
pub fn router(app: &App) -> Router {
    let transport = app.transport();
    let class = |class| middleware::map_response(confining(class, transport));
    let pages = Router::new()
        .merge(login::routes())
        .merge(op::browser_routes())
        .merge(setup::routes())
        .merge(account::routes())
        .layer(class(PageClass::Login));
    let callbacks = callback::routes().layer(class(PageClass::Handover));
    let browsers = pages.merge(callbacks).layer(sessions(app, SessionKind::Browser));
    let admins = console::routes().layer(class(PageClass::Console)).layer(sessions(app, SessionKind::Console));
    let applications = op::api_routes()
        .layer(class(PageClass::Api))
        .layer(middleware::from_fn_with_state(app.clone(), op::cors_layer));
    let files = Router::new().route(assets::ROUTE, axum::routing::get(assets::serve)).layer(class(PageClass::Asset));
    Router::new()
        .merge(browsers)
        .merge(admins)
        .merge(applications)
        .merge(files)
        .merge(health::routes().layer(class(PageClass::Api)))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(http::StatusCode::REQUEST_TIMEOUT, REQUEST_WITHIN))
        .layer(middleware::from_fn_with_state(app.clone(), one_cookie_each))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), correlate))
        .with_state(app.clone())
}

fn sessions(app: &App, kind: SessionKind) -> SessionManagerLayer<SessionRows> {
    let name = match kind {
        SessionKind::Browser => app.cookies.session.clone(),
        SessionKind::Console => app.cookies.console.clone(),
    };
    let rows = SessionRows {
        store: app.broker.store().clone(),
        kind,
        clock: app.broker.clock(),
        entropy: app.broker.shared_entropy(),
        lifetime: usher_broker::SESSION_LIFE,
    };
    SessionManagerLayer::new(rows)
        .with_name(name)
        .with_path("/")
        .with_http_only(true)
        .with_secure(app.cookies.secure())
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnSessionEnd)
}

/// Gives every request its correlation id and every answer the header; one log line, without query and cookies.
async fn correlate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let correlation = CorrelationId::random(app.broker.entropy());
    request.extensions_mut().insert(correlation.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    if !response.headers().contains_key(CORRELATION_HEADER)
        && let Ok(value) = HeaderValue::from_str(correlation.as_str())
    {
        response.headers_mut().insert(CORRELATION_HEADER, value);
    }
    let status = response.status().as_u16();
    tracing::info!(%method, path = %safe_path(&path), status, %correlation, "request");
    response
}

/// A path without what must not be in a log: the token of a setup link.
fn safe_path(path: &str) -> &str {
    if path.starts_with("/setup/") { "/setup/…" } else { path }
}

/// Two cookies of one name mean that somebody tossed one in: nothing is guessed (SESS-14).
async fn one_cookie_each(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.cookies.is_ambiguous(request.headers()) {
        return bare(&app, &request, RefusalCode::BadRequest);
    }
    next.run(request).await
}

async fn not_found(State(app): State<App>, request: Request) -> Response {
    bare(&app, &request, RefusalCode::NotFound)
}

fn bare(app: &App, request: &Request, code: RefusalCode) -> Response {
    let correlation = request
        .extensions()
        .get::<CorrelationId>()
        .cloned()
        .unwrap_or_else(|| CorrelationId::random(app.broker.entropy()));
    let refusal = Refusal::bare(code, correlation.clone(), app.broker.now());
    let ui = Ui::new(crate::i18n::choose(crate::i18n::Wishes::default()));
    let mut response = WebError::page(app, Failure::from(refusal), ui, correlation).into_response();
    crate::security_headers::confine(response.headers_mut(), PageClass::Login, app.transport());
    response
}

/// A panic is a bug: the request gets a bare 500, the log says what, the process lives on.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(panic = text, "a request panicked");
    http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
