//! The tab Attributes of a connection.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::console::connections::try_it::last_received;
use usher_broker::console::connections::{self, AttributesChange, Change, SUBJECT_CLAIM, TypedMapping, subject_claim};
use usher_connectors::fields;
use usher_domain::Connection;

use super::super::connections::{change, find};
use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{fine, saved};
use crate::pages::console::{ConnectionAttributesPage, FlashKind, MappingForm, MappingRow, Section};
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
    page(&console, &connection, stored(&connection), fine()).await
}

fn stored(connection: &Connection) -> MappingForm {
    let row = |row: &usher_domain::AttributeMapping| MappingRow {
        claim: row.claim.clone(),
        attribute: row.attribute.to_string(),
        default: row.default.clone().unwrap_or_default(),
        received: String::new(),
    };
    let chooses = fields(connection.kind).iter().any(|field| field.name == SUBJECT_CLAIM);
    MappingForm {
        rows: connection.mapping.iter().map(row).collect(),
        subject: chooses.then(|| subject_claim(connection).to_owned()),
        version: connection.revision,
    }
}

async fn page(console: &Console, connection: &Connection, form: MappingForm, rejected: Rejected) -> Answer {
    let mut form = if rejected.is_stale() { stored(connection) } else { form };
    let rows = &mut form.rows;
    let spare = rows.iter().rev().take_while(|row| **row == MappingRow::default()).count();
    let wanted = (rows.len() + SPARE_ROWS.saturating_sub(spare)).min(MAX_ROWS);
    rows.resize(wanted.max(rows.len()), MappingRow::default());
    let claims: Vec<String> = rows.iter().map(|row| row.claim.trim().to_owned()).collect();
    let received = last_received(console.broker(), &connection.id, &claims).await;
    let received = received.map_err(|fault| console.fail(fault))?;
    for (row, sample) in rows.iter_mut().zip(received.samples) {
        row.received = sample;
    }
    let known_claims: BTreeSet<String> = received.names.into_iter().chain(CLAIMS.map(str::to_owned)).collect();
    let schema = connections::schema(console.broker());
    let links = connections::linked(console.broker(), &connection.id).await.map_err(|fault| console.fail(fault))?;
    let view = ConnectionAttributesPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        form,
        links: links.unsigned_abs(),
        known_claims: known_claims.into_iter().collect(),
        known_attributes: schema.all().map(|known| (known.name.to_string(), known.label.clone())).collect(),
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

/// Rows as they were typed, empty ones in between too: an error stays at its row.
fn typed(form: &Fields) -> MappingForm {
    let row = |n: usize| MappingRow {
        claim: form.owned(&format!("claim_{n}")),
        attribute: form.owned(&format!("attribute_{n}")),
        default: form.owned(&format!("default_{n}")),
        received: String::new(),
    };
    let mut rows: Vec<MappingRow> = (0..MAX_ROWS).map(row).collect();
    let used = rows.iter().rposition(|row| *row != MappingRow::default()).map_or(0, |last| last + 1);
    rows.truncate(used);
    let subject = form.holds(SUBJECT_CLAIM).then(|| form.owned(SUBJECT_CLAIM));
    MappingForm { rows, subject, version: form.version() }
}

fn wanted(form: &MappingForm, fields: &Fields) -> AttributesChange {
    let row = |row: &MappingRow| TypedMapping {
        claim: row.claim.clone(),
        attribute: row.attribute.clone(),
        default: row.default.clone(),
    };
    AttributesChange {
        rows: form.rows.iter().map(row).collect(),
        subject: form.subject.clone(),
        confirmed: fields.ticked("subject_confirm"),
    }
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let (console, fields) = (&posted.console, &posted.fields);
    let connection = find(console, id)?;
    let mut form = typed(fields);
    if fields.text("action") == "more" {
        form.rows.resize(form.rows.len() + 2 * SPARE_ROWS, MappingRow::default());
        return page(console, &connection, form, fine()).await;
    }
    match change(&posted, &connection.id, Change::Attributes(wanted(&form, fields))).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_ATTRIBUTES, &connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            page(console, &connection, form, rejected).await
        }
    }
}
