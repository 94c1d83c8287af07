//! Where the account page begins.

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::session::Account;
use crate::pages::account::{HomePage, Section};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::ACCOUNT, get(show))
}

async fn show(account: Account) -> Response {
    account.page(HomePage { shell: account.shell(Section::Home) })
}
