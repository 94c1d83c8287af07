//! Discovery and JWKS: constant for a public URL and a set of keys, whatever the request says (WEB-19).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use usher_oidc_provider::discovery;

use crate::state::App;

pub async fn discovery(State(app): State<App>) -> Response {
    cacheable(Json(discovery::document(app.broker.issuer())).into_response())
}

pub async fn jwks(State(app): State<App>) -> Response {
    cacheable(Json(app.broker.snapshot().keys.jwks()).into_response())
}

fn cacheable(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
