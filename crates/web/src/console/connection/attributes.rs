//! The tab Attributes of a connection.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::console::connections::try_it::last_received;
use usher_broker::console::connections::{self, Change, TypedMapping};
use usher_domain::Connection;

use super::super::connections::{change, find};
use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{fine, saved};
use crate::pages::console::{ConnectionAttributesPage, FlashKind, MappingRow, Section};
use crate::pages::paths::routes;
use crate::state::App;

/// Most rows of a mapping; a form cannot ask for more.
const MAX_ROWS: usize = 100;
/// Empty rows below the mapping.
const SPARE_ROWS: usize = 3;
const CLAIMS: [&str; 8] =
    ["email", "name", "given_name", "family_name", "preferred_username", "picture", "locale", "groups"];

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_ATTRIBUTES, get(show).post(save))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    page(&console, &connection, None, fine()).await
}

fn stored_rows(connection: &Connection) -> Vec<MappingRow> {
    let row = |row: &usher_domain::AttributeMapping| MappingRow {
        claim: row.claim.clone(),
        attribute: row.attribute.to_string(),
        default: row.default.clone().unwrap_or_default(),
        received: String::new(),
    };
    connection.mapping.iter().map(row).collect()
}

async fn page(
    console: &Console,
    connection: &Connection,
    typed: Option<(Vec<MappingRow>, i64)>,
    rejected: Rejected,
) -> Answer {
    let typed = typed.filter(|_| !rejected.is_stale());
    let (mut rows, version) = typed.unwrap_or_else(|| (stored_rows(connection), connection.revision));
    let spare = rows.iter().rev().take_while(|row| **row == MappingRow::default()).count();
    let wanted = (rows.len() + SPARE_ROWS.saturating_sub(spare)).min(MAX_ROWS);
    rows.resize(wanted.max(rows.len()), MappingRow::default());
    let claims: Vec<String> = rows.iter().map(|row| row.claim.trim().to_owned()).collect();
    let received = last_received(console.broker(), &connection.id, &claims).await;
    let received = received.map_err(|fault| console.fail(fault))?;
    for (row, sample) in rows.iter_mut().zip(received.samples) {
        row.received = sample;
    }
    let known = received.names.into_iter().chain(CLAIMS.map(str::to_owned));
    let known_claims: BTreeSet<String> = known.collect();
    let schema = connections::schema(console.broker());
    let view = ConnectionAttributesPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        rows,
        known_claims: known_claims.into_iter().collect(),
        known_attributes: schema.all().map(|known| (known.name.to_string(), known.label.clone())).collect(),
        version,
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

/// Rows as they were typed, empty ones in between too: an error stays at its row.
fn typed_rows(fields: &Fields) -> Vec<MappingRow> {
    let row = |n: usize| MappingRow {
        claim: fields.owned(&format!("claim_{n}")),
        attribute: fields.owned(&format!("attribute_{n}")),
        default: fields.owned(&format!("default_{n}")),
        received: String::new(),
    };
    let mut rows: Vec<MappingRow> = (0..MAX_ROWS).map(row).collect();
    let used = rows.iter().rposition(|row| *row != MappingRow::default()).map_or(0, |last| last + 1);
    rows.truncate(used);
    rows
}

fn wanted(rows: &[MappingRow]) -> Vec<TypedMapping> {
    let row = |row: &MappingRow| TypedMapping {
        claim: row.claim.clone(),
        attribute: row.attribute.clone(),
        default: row.default.clone(),
    };
    rows.iter().map(row).collect()
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let (console, fields) = (&posted.console, &posted.fields);
    let connection = find(console, id)?;
    let mut rows = typed_rows(fields);
    if fields.text("action") == "more" {
        rows.resize(rows.len() + 2 * SPARE_ROWS, MappingRow::default());
        return page(console, &connection, Some((rows, fields.version())), fine()).await;
    }
    match change(&posted, &connection.id, Change::Mapping(wanted(&rows))).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_ATTRIBUTES, &connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            page(console, &connection, Some((rows, fields.version())), rejected).await
        }
    }
}
