//! What applications hold of the account, and taking it back.

use axum::Router;
use axum::routing::get;
use usher_broker::account::applications::{self, OwnApplication};

use super::session::{Account, Answer, Posted};
use crate::pages::account::{ApplicationEntry, ApplicationsPage, Section};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::ACCOUNT_APPLICATIONS, get(show).post(revoke))
}

async fn show(account: Account) -> Answer {
    let all = applications::list(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    let row = |held: OwnApplication| ApplicationEntry {
        id: held.id,
        name: held.name,
        home_url: held.home_url,
        since: held.since,
        last_used: held.last_used,
    };
    let rows = all.into_iter().map(row).collect();
    Ok(account.page(ApplicationsPage { shell: account.shell(Section::Applications), rows }))
}

async fn revoke(posted: Posted) -> Answer {
    let account = posted.account;
    let application = posted.fields.text("application");
    match applications::revoke(account.broker(), &account.person, application, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_APPLICATIONS, "account-flash-revoked")),
        Err(error) => Err(account.refused(error)),
    }
}
