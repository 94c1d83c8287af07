//! What scripts share: the live check, the reference, secrets and libraries.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use serde_json::json;
use usher_broker::console::flows::scripts;
use usher_domain::SecretText;
use usher_flow_script as engine;

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::Opened;
use crate::pages::console::{
    FlashKind, LibrariesPage, LibraryForm, LibraryRow, ReferenceGroup, ReferencePage, ScriptSecretRow, SecretsPage,
    Section,
};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::SCRIPT_REFERENCE, get(reference))
        .route(routes::SCRIPT_REFERENCE_JSON, get(reference_json))
        .route(routes::SETTINGS_SECRETS, get(secrets).post(change_secrets))
        .route(routes::SETTINGS_LIBRARIES, get(libraries).post(change_libraries))
}

/// What the engine finds in the text that the editor holds. Nothing is saved.
pub fn check(posted: &Posted, opened: &Opened) -> Response {
    let text = posted.fields.text("script").replace("\r\n", "\n");
    let found =
        if text.trim().is_empty() { Vec::new() } else { opened.flow.check_script(posted.console.broker(), &text) };
    let problem = |found: engine::Finding| {
        let severity = if found.level == engine::Level::Error { "error" } else { "warning" };
        json!({
            "from": found.from, "to": found.to, "line": found.line, "col": found.column, "severity": severity,
            "code": found.code, "message": found.message, "fix": found.fix,
        })
    };
    let problems: Vec<_> = found.into_iter().map(problem).collect();
    axum::Json(json!({ "problems": problems })).into_response()
}

async fn reference_json(_console: Console) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], engine::reference_json()).into_response()
}

async fn reference(console: Console, search: Fields) -> Response {
    let query = search.text("q").trim().to_lowercase();
    let mut groups: Vec<ReferenceGroup> = Vec::new();
    for entry in engine::reference() {
        let told = [&entry.name, &entry.summary, &entry.signature];
        if !told.iter().any(|text| text.to_lowercase().contains(&query)) {
            continue;
        }
        match groups.iter_mut().find(|group| group.title == entry.group) {
            Some(group) => group.entries.push(entry),
            None => groups.push(ReferenceGroup { title: entry.group.clone(), entries: vec![entry] }),
        }
    }
    console.page(ReferencePage { shell: console.shell(Section::Flow), query: search.text("q").to_owned(), groups })
}

async fn secrets(console: Console) -> Answer {
    secrets_page(&console, String::new(), Rejected::none()).await
}

async fn secrets_page(console: &Console, name: String, rejected: Rejected) -> Answer {
    let rows = scripts::secrets(console.broker()).await.map_err(|fault| console.fail(fault))?;
    let rows =
        rows.into_iter().map(|row| ScriptSecretRow { name: row.name, ending: row.ending, updated_at: row.updated_at });
    let view =
        SecretsPage { shell: console.shell(Section::Settings), rows: rows.collect(), name, errors: rejected.errors };
    Ok(console.page_as(rejected.status, view))
}

async fn change_secrets(Posted { console, fields }: Posted) -> Answer {
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let done = if fields.holds("remove") {
        scripts::remove_secret(broker, admin, fields.text("remove"), visitor).await
    } else {
        let secret = SecretText::new(fields.text("secret"));
        scripts::set_secret(broker, admin, fields.text("name"), &secret, visitor).await
    };
    match done {
        Ok(()) => Ok(console.done(routes::SETTINGS_SECRETS, FlashKind::ScriptSecretSaved)),
        Err(error) => {
            let rejected = console.rejected(Section::Settings, error)?;
            secrets_page(&console, fields.owned("name"), rejected).await
        }
    }
}

async fn libraries(console: Console, search: Fields) -> Answer {
    let asked = search.owned("name");
    libraries_page(&console, LibraryForm { name: asked, ..LibraryForm::default() }, Rejected::none()).await
}

/// The page; a form with nothing but a name is filled with the library of that name.
async fn libraries_page(console: &Console, mut form: LibraryForm, rejected: Rejected) -> Answer {
    let all = scripts::libraries(console.broker()).await.map_err(|fault| console.fail(fault))?;
    if (form.source.is_empty() && !rejected.errors.any()) || rejected.is_stale() {
        let found = all.iter().find(|library| library.name == form.name);
        form = found.map_or_else(LibraryForm::default, |library| LibraryForm {
            name: library.name.clone(),
            source: library.source.clone(),
            version: library.revision,
        });
    }
    let rows = all.into_iter().map(|library| LibraryRow { lines: library.source.lines().count(), name: library.name });
    let view =
        LibrariesPage { shell: console.shell(Section::Settings), rows: rows.collect(), form, errors: rejected.errors };
    Ok(console.page_as(rejected.status, view))
}

async fn change_libraries(Posted { console, fields }: Posted) -> Answer {
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let form =
        LibraryForm { name: fields.owned("name"), source: fields.owned("source"), version: fields.version().max(0) };
    let done = if fields.holds("remove") {
        scripts::remove_library(broker, admin, fields.text("remove"), visitor).await
    } else {
        scripts::save_library(broker, admin, (&form.name, form.version), &form.source, visitor).await
    };
    match done {
        Ok(()) => Ok(console.done(routes::SETTINGS_LIBRARIES, FlashKind::LibrarySaved)),
        Err(error) => {
            let rejected = console.rejected(Section::Settings, error)?;
            libraries_page(&console, form, rejected).await
        }
    }
}
