//! The tab "User attributes" of an application: what it is told beyond the standard claims.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::applications::{self, ClaimsForm};
use usher_domain::Application;

use super::applications::find;
use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected};
use super::words;
use crate::pages::console::{ApplicationClaimsPage, FlashKind, Section, ToldRow};
use crate::pages::paths::{self, routes};
use crate::state::App;

/// Most rows; a form cannot ask for more.
const MAX_ROWS: usize = 100;
/// Empty rows below the others.
const SPARE_ROWS: usize = 3;

pub fn routes() -> Router<App> {
    Router::new().route(routes::APPLICATION_CLAIMS, get(show).post(save))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let application = find(&console, id)?;
    Ok(page(&console, &application, stored(&application), Rejected::none()))
}

type Form = (Vec<ToldRow>, String, i64);

fn stored(application: &Application) -> Form {
    let row =
        |row: &usher_domain::ClaimMapping| ToldRow { attribute: row.attribute.to_string(), claim: row.claim.clone() };
    let rows = application.claims.attributes.iter().map(row).collect();
    (rows, application.claims.groups.clone().unwrap_or_default(), application.revision)
}

fn page(console: &Console, application: &Application, form: Form, rejected: Rejected) -> Response {
    let (mut rows, groups, version) = if rejected.is_stale() { stored(application) } else { form };
    rows.resize((rows.len() + SPARE_ROWS).min(MAX_ROWS), ToldRow::default());
    let view = ApplicationClaimsPage {
        shell: console.shell(Section::Applications),
        application: words::application_head(&console.ui, application),
        rows,
        groups,
        known: words::attributes(&console.broker().snapshot().schema),
        version,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn typed(fields: &Fields) -> Form {
    let row = |n: usize| ToldRow {
        attribute: fields.owned(&format!("attribute_{n}")),
        claim: fields.owned(&format!("claim_{n}")),
    };
    let mut rows: Vec<ToldRow> = (0..MAX_ROWS).map(row).collect();
    rows.truncate(rows.iter().rposition(|row| *row != ToldRow::default()).map_or(0, |last| last + 1));
    (rows, fields.owned("groups"), fields.version())
}

async fn save(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let application = find(&console, id)?;
    let form = typed(&fields);
    if fields.text("action") == "more" {
        return Ok(page(&console, &application, form, Rejected::none()));
    }
    let rows = form.0.iter().map(|row| (row.attribute.clone(), row.claim.clone())).collect();
    let wanted = ClaimsForm { rows, groups: form.1.clone() };
    let seen = (&application.id, form.2);
    match applications::set_claims(console.broker(), &console.admin, seen, &wanted, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::application(routes::APPLICATION_CLAIMS, &application.id), FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Applications, error)?;
            Ok(page(&console, &application, form, rejected))
        }
    }
}
