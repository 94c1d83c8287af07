//! What happened to the account, and "this was not me".

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::account::history::{self, Before, By, Entry, EntryRef, What};
use usher_broker::account::not_me::{self, Password};
use usher_broker::account::sure;

use super::session::{Account, Answer, Posted, Stop};
use super::words;
use crate::console::fields::Fields;
use crate::pages::account::{HistoryEntry, HistoryPage, NotMePage, Section};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::ACCOUNT_HISTORY, get(show)).route(routes::ACCOUNT_NOT_ME, get(ask).post(report))
}

async fn show(account: Account, fields: Fields) -> Answer {
    let number = |name: &str| fields.text(name).parse::<i64>().ok().filter(|number| *number > 0);
    let before = Before { sign_in: number("sign_in"), event: number("event") };
    let page = history::list(account.broker(), &account.person, before).await;
    let page = page.map_err(|fault| account.fail(fault))?;
    let older = page.next.map(|next| {
        let part = |name: &str, number: Option<i64>| number.map(|number| format!("{name}={number}"));
        let parts: Vec<String> = part("sign_in", next.sign_in).into_iter().chain(part("event", next.event)).collect();
        format!("{}?{}", routes::ACCOUNT_HISTORY, parts.join("&"))
    });
    let rows = page.entries.into_iter().map(|entry| view(&account, entry)).collect();
    Ok(account.page(HistoryPage { shell: account.shell(Section::History), rows, older }))
}

fn view(account: &Account, entry: Entry) -> HistoryEntry {
    let (ui, snapshot) = (&account.ui, account.broker().snapshot());
    let (what, details, reported) = match entry.what {
        What::SignedIn { name, connection, methods, agent, reported, .. } => {
            let way = words::way(ui, &snapshot, connection.as_ref(), &methods);
            (
                ui.t1("account-event-sign-in", "application", &name),
                vec![way, words::browser(ui, agent.as_deref())],
                reported,
            )
        }
        What::Changed { action, by } => {
            let by = match by {
                By::Owner => "account-by-owner",
                By::Admin => "account-by-admin",
                By::Nobody => "account-by-nobody",
            };
            let key = format!("account-event-{}", action.replace(['.', '_'], "-"));
            (ui.t(key), vec![ui.t(by)], false)
        }
    };
    HistoryEntry {
        href: paths::account_entry(&entry.which.to_text()),
        at: entry.at,
        what,
        details: details.into_iter().chain(entry.remote).collect(),
        reported,
    }
}

fn named(account: &Account, text: &str) -> Result<EntryRef, Stop> {
    EntryRef::parse(text).ok_or_else(|| account.gone())
}

/// Says what will happen. Only after a fresh sign-in: whoever reports must be the owner.
async fn ask(Path(entry): Path<String>, account: Account) -> Answer {
    let which = named(&account, &entry)?;
    let found = history::get(account.broker(), &account.person, which).await;
    let found = found.map_err(|error| account.refused(error))?;
    sure::demand(account.broker(), &account.person).await.map_err(|error| account.refused(error))?;
    Ok(account.page(NotMePage { shell: account.shell(Section::History), entry: view(&account, found) }))
}

async fn report(Path(entry): Path<String>, posted: Posted) -> Answer {
    let account = posted.account;
    let which = named(&account, &entry)?;
    match not_me::report(account.broker(), &account.person, which, account.visitor()).await {
        Ok(Password::LinkSent) => Ok(account.done(routes::ACCOUNT_SECURITY, "account-flash-secured-link")),
        Ok(Password::ToBeChanged) => Ok(account.done(routes::ACCOUNT_PASSWORD, "account-flash-secured-password")),
        Ok(Password::None) => Ok(account.done(routes::ACCOUNT_SECURITY, "account-flash-secured")),
        Err(error) => Err(account.refused(error)),
    }
}
