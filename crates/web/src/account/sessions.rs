//! Where the person is signed in; the end of one session, or of all others.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use usher_broker::account::sessions::{self, OwnSession};

use super::session::{Account, Answer, Posted};
use super::words;
use crate::pages::account::{Section, SessionEntry, SessionsPage};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::ACCOUNT_SESSIONS, get(show).post(end))
}

async fn show(account: Account) -> Answer {
    let all = sessions::list(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    Ok(page(&account, all))
}

fn page(account: &Account, all: Vec<OwnSession>) -> Response {
    let (ui, snapshot) = (&account.ui, account.broker().snapshot());
    let row = |session: OwnSession| SessionEntry {
        browser: words::browser(ui, session.agent.as_deref()),
        way: words::way(ui, &snapshot, session.connection.as_ref(), &session.methods),
        remote: session.remote.unwrap_or_default(),
        here: session.here,
        console: session.console,
        created_at: session.created_at,
        expires_at: session.expires_at,
        applications: session.applications.join(", "),
        id: session.id,
    };
    account.page(SessionsPage { shell: account.shell(Section::Sessions), rows: all.into_iter().map(row).collect() })
}

async fn end(posted: Posted) -> Answer {
    let (account, which) = (posted.account, posted.fields.owned("session"));
    let (broker, person, visitor) = (account.broker(), &account.person, account.visitor());
    let ended = match which.as_str() {
        "others" => sessions::end_others(broker, person, visitor).await,
        one => sessions::end(broker, person, one, visitor).await,
    };
    match ended {
        Ok(()) if which == "others" => Ok(account.done(routes::ACCOUNT_SESSIONS, "account-flash-others-ended")),
        Ok(()) => Ok(account.done(routes::ACCOUNT_SESSIONS, "account-flash-session-ended")),
        Err(error) => Err(account.refused(error)),
    }
}
