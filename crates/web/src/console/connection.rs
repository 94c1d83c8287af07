//! The tabs of one connection: general, attributes, just-in-time provisioning, activity. Its settings have a file of
//! their own.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use usher_broker::console::connections::{self, Change};
use usher_broker::console::traces;
use usher_domain::{AttributeSync, Connection, SignInPageListing};
use usher_storage::traces::TraceSearch;

use super::connections::{change, find};
use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected};
use super::{sign_ins, words};
use crate::forms::FormErrors;
use crate::pages::console::{
    ConnectionActivityPage, ConnectionAttributesPage, ConnectionGeneralPage, ConnectionJitPage, FlashKind, GeneralForm,
    MappingRow, Section,
};
use crate::pages::paths::{self, routes};
use crate::state::App;

/// Sign-ins shown on the tab Activity.
const ACTIVITY: u32 = 50;
/// Most rows of a mapping; a form cannot ask for more.
const MAX_ROWS: usize = 100;
/// Empty rows below the mapping.
const SPARE_ROWS: usize = 3;
const CLAIMS: [&str; 8] =
    ["email", "name", "given_name", "family_name", "preferred_username", "picture", "locale", "groups"];

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::CONNECTION_GENERAL, get(general).post(save_general))
        .route(routes::CONNECTION_ATTRIBUTES, get(attributes).post(save_attributes))
        .route(routes::CONNECTION_JIT, get(jit).post(save_jit))
        .route(routes::CONNECTION_ACTIVITY, get(activity))
}

fn fine() -> Rejected {
    Rejected { status: StatusCode::OK, errors: FormErrors::none() }
}

async fn general(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    Ok(general_page(&console, &connection, None, fine()))
}

/// The tab General: with what was typed, else as stored.
pub fn general_page(
    console: &Console,
    connection: &Connection,
    typed: Option<GeneralForm>,
    rejected: Rejected,
) -> Response {
    let stored = || GeneralForm {
        name: connection.name.clone(),
        button_text: connection.button_text.clone().unwrap_or_default(),
        shown: connection.listing == SignInPageListing::Shown,
        email_domains: connection.email_domains.join("\n"),
        version: connection.revision,
    };
    let view = ConnectionGeneralPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        script_name: connection.script_name.clone(),
        form: typed.filter(|_| !rejected.is_stale()).unwrap_or_else(stored),
        used_by: words::used_by(console.broker(), &connection.id),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn listing(fields: &Fields) -> SignInPageListing {
    if fields.ticked("shown") { SignInPageListing::Shown } else { SignInPageListing::Hidden }
}

async fn save_general(Path(id): Path<String>, posted: Posted) -> Answer {
    let (console, fields) = (&posted.console, &posted.fields);
    let connection = find(console, id)?;
    let typed = GeneralForm {
        name: fields.owned("name"),
        button_text: fields.owned("button_text"),
        shown: fields.ticked("shown"),
        email_domains: fields.owned("email_domains"),
        version: fields.version(),
    };
    let wanted = Change::General {
        name: typed.name.clone(),
        button_text: typed.button_text.clone(),
        listing: listing(fields),
        email_domains: typed.email_domains.clone(),
    };
    match change(&posted, &connection.id, wanted).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_GENERAL, &connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            Ok(general_page(console, &connection, Some(typed), rejected))
        }
    }
}

/// Back to a tab that confirms.
pub fn saved(console: &Console, tab: &str, connection: &Connection, flash: FlashKind) -> Response {
    console.done(&paths::connection(tab, &connection.id), flash)
}

async fn attributes(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    Ok(attributes_page(&console, &connection, None, fine()))
}

fn stored_rows(connection: &Connection) -> Vec<MappingRow> {
    let row = |row: &usher_domain::AttributeMapping| MappingRow {
        claim: row.claim.clone(),
        attribute: row.attribute.to_string(),
    };
    connection.mapping.iter().map(row).collect()
}

fn attributes_page(
    console: &Console,
    connection: &Connection,
    typed: Option<(Vec<MappingRow>, i64)>,
    rejected: Rejected,
) -> Response {
    let typed = typed.filter(|_| !rejected.is_stale());
    let (mut rows, version) = typed.unwrap_or_else(|| (stored_rows(connection), connection.revision));
    let spare = rows.iter().rev().take_while(|row| **row == MappingRow::default()).count();
    let wanted = (rows.len() + SPARE_ROWS.saturating_sub(spare)).min(MAX_ROWS);
    rows.resize(wanted.max(rows.len()), MappingRow::default());
    let view = ConnectionAttributesPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        rows,
        known_claims: CLAIMS.map(str::to_owned).into(),
        known_attributes: CLAIMS.map(str::to_owned).into(),
        version,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

/// Rows as they were typed, empty ones in between too: an error stays at its row.
fn typed_rows(fields: &Fields) -> Vec<MappingRow> {
    let row = |n: usize| MappingRow {
        claim: fields.owned(&format!("claim_{n}")),
        attribute: fields.owned(&format!("attribute_{n}")),
    };
    let mut rows: Vec<MappingRow> = (0..MAX_ROWS).map(row).collect();
    let used = rows.iter().rposition(|row| *row != MappingRow::default()).map_or(0, |last| last + 1);
    rows.truncate(used);
    rows
}

async fn save_attributes(Path(id): Path<String>, posted: Posted) -> Answer {
    let (console, fields) = (&posted.console, &posted.fields);
    let connection = find(console, id)?;
    let mut rows = typed_rows(fields);
    if fields.text("action") == "more" {
        rows.resize(rows.len() + 2 * SPARE_ROWS, MappingRow::default());
        return Ok(attributes_page(console, &connection, Some((rows, fields.version())), fine()));
    }
    let wanted = rows.iter().map(|row| (row.claim.clone(), row.attribute.clone())).collect();
    match change(&posted, &connection.id, Change::Mapping(wanted)).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_ATTRIBUTES, &connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            Ok(attributes_page(console, &connection, Some((rows, fields.version())), rejected))
        }
    }
}

async fn jit(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    let provisioning = &connection.provisioning;
    let shown = (provisioning.enabled, provisioning.attribute_sync);
    jit_page(&console, &connection, shown, fine()).await
}

async fn jit_page(
    console: &Console,
    connection: &Connection,
    (enabled, sync): (bool, AttributeSync),
    rejected: Rejected,
) -> Answer {
    let linked = connections::linked(console.broker(), &connection.id).await.map_err(|fault| console.fail(fault))?;
    let view = ConnectionJitPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        enabled,
        sync,
        accounts: linked.unsigned_abs(),
        version: connection.revision,
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

async fn save_jit(Path(id): Path<String>, posted: Posted) -> Answer {
    let (console, fields) = (&posted.console, &posted.fields);
    let connection = find(console, id)?;
    let enabled = fields.ticked("jit_enabled");
    let attribute_sync = match fields.text("attribute_sync") {
        "override_all" => AttributeSync::OverrideAll,
        "none" => AttributeSync::None,
        "preserve_local" => AttributeSync::PreserveLocal,
        _ => connection.provisioning.attribute_sync,
    };
    match change(&posted, &connection.id, Change::Provisioning { enabled, attribute_sync }).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_JIT, &connection, FlashKind::JitUpdated)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            let stored = (connection.provisioning.enabled, connection.provisioning.attribute_sync);
            let shown = if rejected.is_stale() { stored } else { (enabled, attribute_sync) };
            jit_page(console, &connection, shown, rejected).await
        }
    }
}

async fn activity(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    let search = TraceSearch { connection: Some(connection.id.clone()), limit: ACTIVITY, ..TraceSearch::default() };
    let traces = traces::list(console.broker(), search).await.map_err(|fault| console.fail(fault))?;
    let view = ConnectionActivityPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, &connection),
        rows: sign_ins::rows(&console, &traces).await?,
    };
    Ok(console.page(view))
}
