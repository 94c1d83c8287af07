//! The account page: what people see and do about their own account; one file for each part, [`session`] for what they
//! share.

mod factors;
mod home;
mod linked;
mod security;
mod session;
mod sign_in;

use axum::Router;

use crate::state::App;

/// Every route of the account page.
pub fn routes() -> Router<App> {
    Router::new().merge(sign_in::routes()).merge(home::routes()).merge(security::routes()).merge(factors::routes()).merge(linked::routes())
}
