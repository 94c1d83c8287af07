//! The tabs of one connection, each in a file of its own; here is what they share. The settings of the kind stand in
//! [`super::settings`].

mod activity;
mod advanced;
mod at_risk;
mod attributes;
mod general;
mod groups;
mod jit;
mod try_it;

use axum::Router;
use axum::response::Response;
use http::StatusCode;
use usher_broker::console::connections::try_it::OutcomeKind;
use usher_domain::Connection;

pub use general::page as general_page;

use super::session::{Console, Rejected};
use crate::forms::FormErrors;
use crate::pages::console::FlashKind;
use crate::pages::paths;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .merge(general::routes())
        .merge(attributes::routes())
        .merge(groups::routes())
        .merge(jit::routes())
        .merge(try_it::routes())
        .merge(at_risk::routes())
        .merge(advanced::routes())
        .merge(activity::routes())
}

fn fine() -> Rejected {
    Rejected { status: StatusCode::OK, errors: FormErrors::none() }
}

/// The key of an outcome's name.
fn outcome_key(outcome: OutcomeKind) -> &'static str {
    match outcome {
        OutcomeKind::SignIn => "outcome-sign-in",
        OutcomeKind::Link => "outcome-link",
        OutcomeKind::Create => "outcome-create",
        OutcomeKind::PassThrough => "outcome-pass-through",
        OutcomeKind::ProveOwnership => "outcome-prove-ownership",
        OutcomeKind::Refuse => "outcome-refuse",
    }
}

/// Back to a tab that confirms.
pub fn saved(console: &Console, tab: &str, connection: &Connection, flash: FlashKind) -> Response {
    console.done(&paths::connection(tab, &connection.id), flash)
}
