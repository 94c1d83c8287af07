//! "Try it" below the tab Just-in-Time Provisioning: claims in, the decision out. Writes nothing.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::console::connections::try_it::{self, Tried};
use usher_domain::RecordingId;

use super::super::connections::find;
use super::super::session::{Answer, Console, Posted};
use super::fine;
use super::jit;
use crate::error::see_other;
use crate::pages::console::{Section, TriedResult, TryIt};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_TRY, get(back).post(run))
}

/// The address takes forms only.
async fn back(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    Ok(see_other(&paths::connection(routes::CONNECTION_JIT, &connection.id)))
}

async fn run(Path(id): Path<String>, posted: Posted) -> Answer {
    let (console, fields) = (&posted.console, &posted.fields);
    let connection = find(console, id)?;
    let mut shown = TryIt { claims: fields.owned("claims"), recording: fields.owned("recording"), ..TryIt::default() };
    let tried = match RecordingId::parse(fields.text("recording")) {
        Ok(recording) => try_it::try_recorded(console.broker(), &connection.id, &recording).await,
        Err(_) => try_it::try_claims(console.broker(), &connection.id, &shown.claims).await,
    };
    let rejected = match tried {
        Ok(tried) => {
            shown.result = Some(result(console, tried));
            fine()
        }
        Err(error) => console.rejected(Section::Connections, error)?,
    };
    jit::page_with(console, &connection, (jit::stored(&connection), shown), rejected).await
}

fn result(console: &Console, tried: Tried) -> TriedResult {
    TriedResult {
        outcome: console.ui.t(super::outcome_key(tried.outcome)),
        account: tried.account.map(|name| name.to_string()),
        lines: tried.lines,
        mapped: tried.mapped,
    }
}
