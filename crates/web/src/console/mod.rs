//! The console.
use axum::Router;
use axum::response::{IntoResponse, Response};
use usher_broker::login::ProbeReport;

use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
}

pub fn probe_report(_app: &App, report: ProbeReport) -> Response {
    report.name.into_response()
}
