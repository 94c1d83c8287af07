//! The list of connections, and what is done to one as a whole: on, off, gone.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use chrono::NaiveDate;
use http::StatusCode;
use usher_broker::console::NotDone;
use usher_broker::console::connections::activity::{self, JitState, Listed, Search};
use usher_broker::console::connections::{self, Afterwards, Change};
use usher_domain::{Connection, ConnectionId, ConnectionKind};

use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected, Stop};
use super::words;
use crate::error::see_other;
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::console::{
    ConnectionDeletePage, ConnectionFilters, ConnectionRow, ConnectionsPage, FlashKind, Section,
};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::CONNECTIONS, get(list))
        .route(routes::CONNECTION_STATE, get(open).post(set_state))
        .route(routes::CONNECTION_DELETE, get(ask_delete).post(delete))
}

/// Whether a name holds what is searched for, in any case.
pub fn finds(search: &Fields, name: &str) -> bool {
    name.to_lowercase().contains(&search.text("q").trim().to_lowercase())
}

async fn list(console: Console, search: Fields) -> Answer {
    let filters = filters(&search);
    let wanted = Search {
        text: filters.query.clone(),
        kind: ConnectionKind::from_text(&filters.kind),
        enabled: match filters.status.as_str() {
            "enabled" => Some(true),
            "disabled" => Some(false),
            _ => None,
        },
        jit: match filters.jit.as_str() {
            "on" => Some(JitState::On),
            "off" => Some(JitState::Off),
            "linking" => Some(JitState::Linking),
            _ => None,
        },
        page: search.text("page").parse().unwrap_or(1),
    };
    let found = activity::page(console.broker(), &wanted).await.map_err(|fault| console.fail(fault))?;
    let today = console.broker().now().date_naive();
    Ok(console.page(ConnectionsPage {
        shell: console.shell(Section::Connections),
        kinds: ConnectionKind::ALL.map(|kind| (kind.as_str(), words::kind(&console.ui, kind))).into(),
        filters,
        rows: found.rows.into_iter().map(|listed| row(&console, listed, today)).collect(),
        matching: found.matching,
        page: found.page,
        pages: found.pages,
    }))
}

fn filters(search: &Fields) -> ConnectionFilters {
    ConnectionFilters {
        query: search.text("q").trim().to_owned(),
        kind: search.owned("kind"),
        status: search.owned("status"),
        jit: search.owned("jit"),
    }
}

fn row(console: &Console, listed: Listed, today: NaiveDate) -> ConnectionRow {
    let connection = listed.connection;
    ConnectionRow {
        name: Named::new(&connection.name),
        kind: words::kind(&console.ui, connection.kind),
        provider: words::provider(&connection),
        status: words::connection_status(&console.ui, &connection),
        expiry: words::secret_expiry(&console.ui, &connection, today),
        jit: words::jit(&console.ui, &connection),
        used_by: listed.used_by as u64,
        sign_ins: listed.stats.total.unsigned_abs(),
        refused: listed.stats.refused.unsigned_abs(),
        last_success: listed.stats.last_success,
        id: connection.id,
    }
}

/// Where an address that only takes forms leads when it is opened.
async fn open(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    Ok(see_other(&paths::connection(routes::CONNECTION_GENERAL, &connection.id)))
}

/// The connection of an address; anything that is none has a page that says so.
pub fn find(console: &Console, id: String) -> Result<Connection, Stop> {
    let found = ConnectionId::parse(id).ok().and_then(|id| connections::get(console.broker(), &id));
    found.map(|configured| configured.connection).ok_or_else(|| console.gone(Section::Connections))
}

/// One change to a connection, as the form saw it.
pub async fn change(posted: &Posted, id: &ConnectionId, change: Change) -> Result<(), NotDone> {
    let console = &posted.console;
    connections::change(console.broker(), &console.admin, (id, posted.fields.version()), change, console.visitor())
        .await
}

async fn set_state(Path(id): Path<String>, posted: Posted) -> Answer {
    let console = &posted.console;
    let connection = find(console, id)?;
    let enable = posted.fields.text("state") == "enabled";
    let flash = if enable { FlashKind::ConnectionEnabled } else { FlashKind::ConnectionDisabled };
    match change(&posted, &connection.id, Change::Enabled(enable)).await {
        Ok(()) => Ok(console.done(&paths::connection(routes::CONNECTION_GENERAL, &connection.id), flash)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            Ok(super::connection::general_page(console, &connection, None, rejected))
        }
    }
}

async fn ask_delete(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    delete_page(&console, &connection, Rejected { status: StatusCode::OK, errors: FormErrors::none() }).await
}

async fn delete_page(console: &Console, connection: &Connection, rejected: Rejected) -> Answer {
    let linked = connections::linked(console.broker(), &connection.id).await.map_err(|fault| console.fail(fault))?;
    let made = connections::made(console.broker(), &connection.id).await.map_err(|fault| console.fail(fault))?;
    let view = ConnectionDeletePage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        used_by: words::named_by(console.broker(), &connection.id),
        linked_accounts: linked.unsigned_abs(),
        made_accounts: made.unsigned_abs(),
        version: connection.revision,
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

async fn delete(Path(id): Path<String>, posted: Posted) -> Answer {
    let console = &posted.console;
    let connection = find(console, id)?;
    if posted.fields.text("confirm").trim() != Named::new(&connection.name).name().trim() {
        let errors = FormErrors::at("confirm", console.ui.t("error-confirm"));
        return delete_page(console, &connection, Rejected::fields(errors)).await;
    }
    let afterwards = if posted.fields.text("users") == "disable" { Afterwards::Disable } else { Afterwards::Keep };
    let what = (&connection.id, afterwards);
    match connections::delete(console.broker(), &console.admin, what, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::CONNECTIONS, FlashKind::ConnectionDeleted)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            delete_page(console, &connection, rejected).await
        }
    }
}
