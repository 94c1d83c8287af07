//! Where the account page begins.

use axum::Router;
use axum::routing::get;

use usher_broker::account::home;

use super::session::{Account, Answer};
use crate::pages::account::{HomePage, Section};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::ACCOUNT, get(show))
}

async fn show(account: Account) -> Answer {
    let hint = home::lacks_factor(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    Ok(account.page(HomePage { shell: account.shell(Section::Home), hint }))
}
