//! Home: what exists already, and the latest sign-ins.

use axum::Router;
use axum::routing::get;
use usher_broker::Fault;
use usher_broker::console::{applications, connections, traces};
use usher_storage::traces::{TraceOutcome, TraceSearch};

use super::session::{Answer, Console};
use super::sign_ins;
use crate::pages::console::{HomePage, Progress, Section};
use crate::pages::paths::routes;
use crate::state::App;

/// Sign-ins shown here.
const RECENT: u32 = 5;

pub fn routes() -> Router<App> {
    Router::new().route(routes::HOME, get(show))
}

async fn show(console: Console) -> Answer {
    let progress = progress(&console).await.map_err(|fault| console.fail(fault))?;
    let search = TraceSearch { limit: RECENT, ..TraceSearch::default() };
    let recent = traces::list(console.broker(), search).await.map_err(|fault| console.fail(fault))?;
    let recent = sign_ins::rows(&console, &recent).await?;
    Ok(console.page(HomePage { shell: console.shell(Section::Home), progress, recent }))
}

async fn progress(console: &Console) -> Result<Progress, Fault> {
    let applications = applications::list(console.broker());
    let mut sign_ins = 0;
    for application in &applications {
        let one = TraceSearch {
            application: Some(application.id.clone()),
            outcome: TraceOutcome::Finished,
            limit: 1,
            ..TraceSearch::default()
        };
        // The console's own sign-ins do not count: it is not among the applications.
        sign_ins = traces::list(console.broker(), one).await?.len() as u64;
        if sign_ins > 0 {
            break;
        }
    }
    let connections = connections::list(console.broker()).len() as u64;
    Ok(Progress { connections, applications: applications.len() as u64, sign_ins })
}
