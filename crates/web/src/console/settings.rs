//! The tab Settings of a connection: where it leads and how we prove ourselves there.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::Value;
use usher_broker::console::connections::Change;
use usher_broker::console::{connections, drafts};
use usher_broker::login::redirect_uri;
use usher_connectors::ClientAuth;
use usher_domain::{Connection, SecretText};

use super::connection::saved;
use super::connections::{change, find};
use super::oidc_form::{self, Wish};
use super::session::{Answer, Console, Posted};
use super::words;
use crate::forms::FormErrors;
use crate::pages::console::{ConnectionSettingsPage, Discovered, FlashKind, IssuerFix, Section};
use crate::pages::paths::routes;
use crate::state::App;

const SECTION: Section = Section::Connections;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_SETTINGS, get(show).post(save))
}

/// What the page shows beside the connection.
struct Shown {
    status: StatusCode,
    form: BTreeMap<String, String>,
    version: i64,
    discovered: Option<Discovered>,
    issuer_fix: Option<IssuerFix>,
    errors: FormErrors,
}

impl Shown {
    fn stored(connection: &Connection) -> Self {
        Self::of(stored(connection), connection.revision)
    }

    fn of(form: BTreeMap<String, String>, version: i64) -> Self {
        let (status, errors) = (StatusCode::OK, FormErrors::none());
        Self { status, form, version, discovered: None, issuer_fix: None, errors }
    }

    fn with(self, status: StatusCode, errors: FormErrors) -> Self {
        Self { status, errors, ..self }
    }
}

fn stored(connection: &Connection) -> BTreeMap<String, String> {
    let mut form: BTreeMap<String, String> = ["issuer", "client_id", "client_auth", "scopes"]
        .into_iter()
        .map(|name| (name.to_owned(), words::setting(connection, name)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let basic = serde_json::to_value(ClientAuth::default()).ok();
    let basic = basic.as_ref().and_then(Value::as_str).unwrap_or_default();
    form.entry("client_auth".to_owned()).or_insert_with(|| basic.to_owned());
    form
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    let shown = Shown::stored(&connection);
    Ok(page(&console, &connection, shown))
}

fn page(console: &Console, connection: &Connection, shown: Shown) -> Response {
    let secret_set =
        connections::get(console.broker(), &connection.id).is_some_and(|configured| configured.secret.is_some());
    let view = ConnectionSettingsPage {
        shell: console.shell(SECTION),
        connection: words::head(&console.ui, connection),
        redirect_uri: redirect_uri(console.broker(), &connection.id),
        form: oidc_form::shown(&shown.form, secret_set),
        version: shown.version,
        discovered: shown.discovered,
        issuer_fix: shown.issuer_fix,
        errors: shown.errors,
    };
    console.page_as(shown.status, view)
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let console = &posted.console;
    let connection = find(console, id)?;
    let (form, wish) = oidc_form::typed(&posted.fields);
    let mut shown = Shown::of(form, posted.fields.version());
    if wish == Wish::Keep {
        shown.errors = oidc_form::mistakes(&console.ui, &shown.form);
    }
    let found = look(console, &connection, wish, &mut shown).await;
    if shown.errors.any() {
        shown.status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    if shown.errors.any() || wish == Wish::Discover {
        return Ok(page(console, &connection, shown));
    }
    keep(&posted, &connection, shown, found).await
}

/// The provider is asked when an admin asks, and before another one is believed.
async fn look(console: &Console, connection: &Connection, wish: Wish, shown: &mut Shown) -> Option<Value> {
    let issuer = shown.form.get("issuer").cloned().unwrap_or_default();
    if wish == Wish::Keep && issuer == words::provider(connection) {
        return None;
    }
    match drafts::discover_provider(console.broker(), connection.kind, &issuer).await {
        Ok(document) => {
            shown.discovered = Some(oidc_form::found(&console.ui, &document));
            Some(document.settings)
        }
        Err(error) => {
            shown.issuer_fix = oidc_form::not_found(&console.ui, &issuer, &error, &mut shown.errors);
            None
        }
    }
}

async fn keep(posted: &Posted, connection: &Connection, shown: Shown, discovered: Option<Value>) -> Answer {
    let console = &posted.console;
    let secret = Some(SecretText::new(posted.fields.text("client_secret")));
    let wanted = Change::Settings { form: shown.form.clone(), discovered, secret };
    match change(posted, &connection.id, wanted).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_SETTINGS, connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            let shown = if rejected.is_stale() { Shown::stored(connection) } else { shown };
            Ok(page(console, connection, shown.with(rejected.status, rejected.errors)))
        }
    }
}
