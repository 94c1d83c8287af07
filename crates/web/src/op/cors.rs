//! CORS for single-page applications: exact registered origins, on the endpoints they call.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use usher_oidc_provider::cors::{CorsEndpoint, allowed_origin};

use crate::state::App;

/// Answers preflights and marks answers to registered origins. Never with credentials: these endpoints read no cookie.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let endpoint = CorsEndpoint::from_path(request.uri().path());
    let origin = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (Some(endpoint), Some(origin)) = (endpoint, origin) else { return next.run(request).await };
    let snapshot = app.broker.snapshot();
    let enabled = snapshot.applications.values().filter(|application| application.enabled);
    let allowed = allowed_origin(&origin, enabled).map(|origin| origin.as_str().to_owned());
    let preflight = request.method() == Method::OPTIONS;
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(allowed) = allowed.and_then(|origin| HeaderValue::from_str(&origin).ok()) else { return response };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    if preflight {
        if let Ok(methods) = HeaderValue::from_str(&endpoint.methods().join(", ")) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}
