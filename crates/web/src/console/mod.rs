//! The admin console: one file for each part, [`session`] for what they share.
//!
//! A handler extracts, runs one use case of the broker and renders or redirects; rights, tokens and field errors are
//! judged in one place each.

mod application;
mod application_claims;
mod applications;
mod attributes;
mod connection;
mod connections;
mod email;
pub mod fields;
mod flows;
mod groups;
mod home;
mod invite;
mod kind_form;
mod probe;
mod security;
mod session;
mod settings;
mod sign_in;
mod sign_ins;
mod user;
mod users;
mod wizard;
mod words;

use axum::Router;

pub use probe::report as probe_report;

use crate::state::App;

/// Every route of the console.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(sign_in::routes())
        .merge(home::routes())
        .merge(wizard::routes())
        .merge(connections::routes())
        .merge(connection::routes())
        .merge(settings::routes())
        .merge(probe::routes())
        .merge(applications::routes())
        .merge(flows::routes())
        .merge(application::routes())
        .merge(application_claims::routes())
        .merge(users::routes())
        .merge(user::routes())
        .merge(groups::routes())
        .merge(attributes::routes())
        .merge(email::routes())
        .merge(security::routes())
        .merge(invite::routes())
        .merge(sign_ins::routes())
}
