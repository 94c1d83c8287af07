//! `/health/live` and `/health/ready`.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;

use crate::error::chain;
use crate::state::App;

/// Routes for whoever watches over us.
pub fn routes() -> Router<App> {
    Router::new().route("/health/live", get(|| async { "live\n" })).route("/health/ready", get(ready))
}

async fn ready(State(app): State<App>) -> Response {
    match app.broker.readiness().await {
        Ok(()) => "ready\n".into_response(),
        Err(fault) => {
            tracing::warn!(fault = %chain(&fault), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}
