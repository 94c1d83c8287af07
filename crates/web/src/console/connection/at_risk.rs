//! "What could this connection take over today?"

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::console::connections::reach::{self, AtRisk};
use usher_domain::UserId;

use super::super::connections::find;
use super::super::fields::Fields;
use super::super::session::{Answer, Console};
use super::super::words;
use crate::pages::Named;
use crate::pages::console::{AtRiskRow, ConnectionAtRiskPage, Section};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_AT_RISK, get(show))
}

async fn show(Path(id): Path<String>, console: Console, search: Fields) -> Answer {
    let connection = find(&console, id)?;
    let after = UserId::parse(search.text("after")).ok();
    let first = after.is_none();
    let found = reach::reach(console.broker(), &connection.id, after).await.map_err(|fault| console.fail(fault))?;
    let view = ConnectionAtRiskPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, &connection),
        rows: found.found.iter().map(row).collect(),
        looked_at: found.looked_at,
        first,
        next: found.next.map(|user| user.as_str().to_owned()),
    };
    Ok(console.page(view))
}

fn row(found: &AtRisk) -> AtRiskRow {
    AtRiskRow {
        href: paths::user(routes::USER_PROFILE, &found.user),
        name: Named::new(found.username.as_str()),
        how: found.risk.to_string(),
        proof: found.risk.needs.is_some(),
    }
}
