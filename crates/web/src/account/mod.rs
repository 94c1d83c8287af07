//! The account page: what people see and do about their own account; one file for each part, [`session`] for what they
//! share.

mod applications;
mod factors;
mod history;
mod home;
mod linked;
mod profile;
mod security;
mod session;
mod sessions;
mod sign_in;
mod words;

use axum::Router;

use crate::state::App;

/// Every route of the account page.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(sign_in::routes())
        .merge(home::routes())
        .merge(profile::routes())
        .merge(sessions::routes())
        .merge(applications::routes())
        .merge(history::routes())
        .merge(security::routes())
        .merge(factors::routes())
        .merge(linked::routes())
}
