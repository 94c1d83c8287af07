//! The tab Advanced of a connection, and its export as JSON.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use usher_broker::Fault;
use usher_broker::console::connections::{AdvancedChange, Change};
use usher_domain::{Connection, LinkingSettings, LocalPart, Recording, SeveralIdentities};

use super::super::connections::{change, find};
use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{fine, saved};
use crate::pages::console::{AdvancedForm, ConnectionAdvancedPage, FlashKind, Section};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_ADVANCED, get(show).post(save)).route(routes::CONNECTION_EXPORT, get(export))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    Ok(page(&console, &connection, stored(&connection), fine()))
}

fn linking(connection: &Connection) -> LinkingSettings {
    let settings = &connection.provisioning;
    settings.linking.as_ref().or(settings.shelved_linking.as_ref()).cloned().unwrap_or_default()
}

fn stored(connection: &Connection) -> AdvancedForm {
    let (settings, linking) = (&connection.provisioning, linking(connection));
    AdvancedForm {
        prove_ownership: words::stable(&settings.prove_ownership),
        on_failure: words::stable(&settings.on_failure),
        username_from: settings.username_from.clone().unwrap_or_default(),
        ignore_case: linking.local_part == LocalPart::IgnoreCase,
        several: linking.several == SeveralIdentities::Allowed,
        recording: connection.recording == Recording::On,
        trusted_mfa: connection.trusted_mfa.join("\n"),
        version: connection.revision,
    }
}

fn page(console: &Console, connection: &Connection, form: AdvancedForm, rejected: Rejected) -> Response {
    let view = ConnectionAdvancedPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        form: if rejected.is_stale() { stored(connection) } else { form },
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn typed(fields: &Fields) -> AdvancedForm {
    AdvancedForm {
        prove_ownership: fields.owned("prove_ownership"),
        on_failure: fields.owned("on_failure"),
        username_from: fields.owned("username_from"),
        ignore_case: fields.ticked("ignore_case"),
        several: fields.ticked("several"),
        recording: fields.ticked("recording"),
        trusted_mfa: fields.owned("trusted_mfa"),
        version: fields.version(),
    }
}

fn wanted(fields: &Fields, form: &AdvancedForm, connection: &Connection) -> AdvancedChange {
    let settings = &connection.provisioning;
    AdvancedChange {
        prove_ownership: fields.one_of("prove_ownership", settings.prove_ownership),
        on_failure: fields.one_of("on_failure", settings.on_failure),
        username_from: form.username_from.clone(),
        local_part: if form.ignore_case { LocalPart::IgnoreCase } else { LocalPart::Exact },
        several: if form.several { SeveralIdentities::Allowed } else { SeveralIdentities::Refused },
        recording: if form.recording { Recording::On } else { Recording::Off },
        trusted_mfa: form.trusted_mfa.clone(),
    }
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let console = &posted.console;
    let connection = find(console, id)?;
    let form = typed(&posted.fields);
    let wanted = wanted(&posted.fields, &form, &connection);
    match change(&posted, &connection.id, Change::Advanced(wanted)).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_ADVANCED, &connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            Ok(page(console, &connection, form, rejected))
        }
    }
}

/// Everything configured; secrets are stored apart from it and never leave.
async fn export(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    let text = serde_json::to_string_pretty(&connection);
    let text = text.map_err(|fault| console.fail(Fault::unreadable("connection", fault)))?;
    let name = format!("attachment; filename=\"connection-{}.json\"", connection.id);
    let head = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((head, text).into_response())
}
