//! The tab Activity of a connection: what came of its sign-ins.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use chrono::Duration;
use usher_broker::console::connections::activity::outcomes;
use usher_broker::console::traces;
use usher_storage::traces::TraceSearch;

use super::super::connections::find;
use super::super::session::{Answer, Console};
use super::super::{sign_ins, words};
use crate::pages::console::{ConnectionActivityPage, Section};
use crate::pages::paths::routes;
use crate::state::App;

/// Sign-ins shown.
const SIGN_INS: u32 = 50;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_ACTIVITY, get(show))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    let search = TraceSearch { connection: Some(connection.id.clone()), limit: SIGN_INS, ..TraceSearch::default() };
    let traces = traces::list(console.broker(), search).await.map_err(|fault| console.fail(fault))?;
    let since = console.broker().now() - Duration::days(30);
    let counted = outcomes(console.broker(), &connection.id, since).await;
    let (counts, linked_accounts) = counted.map_err(|fault| console.fail(fault))?;
    let view = ConnectionActivityPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, &connection),
        outcomes: counts.into_iter().map(|(outcome, count)| (named(&console, &outcome), count)).collect(),
        linked_accounts,
        used_by: words::used_by(console.broker(), &connection.id),
        rows: sign_ins::rows(&console, &traces).await?,
    };
    Ok(console.page(view))
}

/// The name of an outcome by its stable word.
fn named(console: &Console, outcome: &str) -> String {
    let key = format!("outcome-{}", outcome.replace('_', "-"));
    if console.ui.texts.has(&key) { console.ui.t(key) } else { words::sentence(&outcome.replace('_', " ")) }
}
