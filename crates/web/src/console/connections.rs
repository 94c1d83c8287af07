//! The list of connections, and what is done to one as a whole: on, off, gone.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::StatusCode;
use usher_broker::console::NotDone;
use usher_broker::console::connections::{self, Change};
use usher_domain::{Connection, ConnectionId};

use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected, Stop};
use super::words;
use crate::error::see_other;
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::console::{ConnectionDeletePage, ConnectionRow, ConnectionsPage, FlashKind, Section};
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
    let rows = connections::list(console.broker())
        .into_iter()
        .filter(|connection| finds(&search, &connection.name))
        .map(|connection| ConnectionRow {
            name: Named::new(&connection.name),
            kind: words::kind(&console.ui, connection.kind),
            provider: words::provider(&connection),
            status: words::connection_status(&console.ui, &connection),
            jit: words::jit(&console.ui, &connection),
            used_by: words::used_by(console.broker(), &connection.id).len() as u64,
            id: connection.id,
        })
        .collect();
    let shell = console.shell(Section::Connections);
    Ok(console.page(ConnectionsPage { shell, query: search.text("q").trim().to_owned(), rows }))
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
    let view = ConnectionDeletePage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        used_by: words::named_by(console.broker(), &connection.id),
        linked_accounts: linked.unsigned_abs(),
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
    match connections::delete(console.broker(), &console.admin, &connection.id, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::CONNECTIONS, FlashKind::ConnectionDeleted)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            delete_page(console, &connection, rejected).await
        }
    }
}
