//! The flow editor: `/console/applications/{id}/sign-in`, and the same for the default flow.
//!
//! The board is one form; each of its buttons posts all of it with an action, so nothing that was typed gets lost, and
//! everything works without script.

mod action;
mod around;
mod board;
mod came_to;
mod describe;
mod history;
mod replay;
mod scripts;
mod shared;
mod simulate;
mod view;

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::account;
use usher_broker::console::flows::{self, OpenFlow};
use usher_domain::{ApplicationId, FlowOwner};

use super::fields::Fields;
use super::session::{Answer, Console, Posted, Stop};
use super::words;
use crate::error::see_other;
use crate::pages::console::{FlowAddress, FlowSubject, Section};
use crate::pages::paths::{self, routes};
use crate::state::App;

/// What an address names: `id` of the application, `page` below the board.
type Named = Path<BTreeMap<String, String>>;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::APPLICATION_SIGN_IN, get(board::show).post(board::act))
        .route(routes::SIGN_IN_FLOW, get(board::show).post(board::act))
        .route(routes::APPLICATION_FLOW_PAGE, get(show).post(act))
        .route(routes::SIGN_IN_FLOW_PAGE, get(show).post(act))
        .merge(scripts::routes())
        .merge(shared::routes())
}

/// A flow and where its pages stand.
struct Opened {
    flow: OpenFlow,
    section: Section,
    base: String,
}

impl Opened {
    fn address(&self, console: &Console) -> FlowAddress {
        let subject = match &self.flow.application {
            None => FlowSubject::Default,
            Some(application) if account::is_account_page(&application.id) => FlowSubject::AccountPage,
            Some(application) => FlowSubject::Application(words::application_head(&console.ui, application)),
        };
        FlowAddress { base: self.base.clone(), subject }
    }

    fn at(&self, page: &str) -> Response {
        see_other(&format!("{}/{page}", self.base))
    }
}

/// The flow of an address; anything that has none has a page that says so.
async fn open(console: &Console, named: &BTreeMap<String, String>) -> Result<Opened, Stop> {
    let (owner, section, base) = match named.get("id") {
        None => (FlowOwner::Default, Section::Flow, routes::SIGN_IN_FLOW.to_owned()),
        Some(id) => {
            let id = ApplicationId::parse(id.as_str()).map_err(|_| console.gone(Section::Applications))?;
            let base = paths::application(routes::APPLICATION_SIGN_IN, &id);
            let section = if account::is_account_page(&id) { Section::Flow } else { Section::Applications };
            (FlowOwner::Application(id), section, base)
        }
    };
    let flow = flows::open(console.broker(), &owner).await.map_err(|fault| console.fail(fault))?;
    flow.map(|flow| Opened { flow, section, base }).ok_or_else(|| console.gone(section))
}

async fn show(Path(named): Named, console: Console, search: Fields) -> Answer {
    let opened = open(&console, &named).await?;
    match named.get("page").map(String::as_str) {
        Some("start") => Ok(around::start(&console, &opened)),
        Some("add") => Ok(around::add(&console, &opened, &search)),
        Some("skip") => Ok(around::skip(&console, &opened)),
        Some("revert") => Ok(around::revert(&console, &opened)),
        Some("history") => history::show(&console, &opened, &search).await,
        Some("simulate") => simulate::show(&console, &opened, &search).await,
        Some("replay") => replay::show(&console, &opened, &search).await,
        _ => Err(console.gone(opened.section)),
    }
}

async fn act(Path(named): Named, posted: Posted) -> Answer {
    let opened = open(&posted.console, &named).await?;
    match named.get("page").map(String::as_str) {
        Some("start") => around::begin(&posted, &opened).await,
        Some("add") => around::add_option(&posted, &opened).await,
        Some("skip") => around::insert_script(&posted, &opened).await,
        Some("revert") => around::revert_now(&posted, &opened).await,
        Some("history") => history::restore(&posted, &opened).await,
        Some("simulate") => simulate::run(&posted, &opened).await,
        Some("replay") => replay::switch(&posted, &opened).await,
        Some("check") => Ok(scripts::check(&posted, &opened)),
        _ => Err(posted.console.gone(opened.section)),
    }
}
