//! The tab Settings of a connection: where it leads, how we prove ourselves there, and what its addresses are worth.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::Value;
use usher_broker::console::connections::{Change, SettingsChange};
use usher_broker::console::{connections, drafts};
use usher_broker::login::redirect_uri;
use usher_connectors::fields;
use usher_domain::{Connection, SecretText, TrustEmail};

use super::connection::saved;
use super::connections::{change, find};
use super::fields::Fields;
use super::kind_form::{self, Wish};
use super::session::{Answer, Console, Posted};
use super::words;
use crate::forms::FormErrors;
use crate::pages::Fact;
use crate::pages::console::{
    ConnectionSettingsPage, Discovered, EndpointField, FlashKind, IssuerFix, Section, SettingsForm,
};
use crate::pages::paths::routes;
use crate::state::App;

const SECTION: Section = Section::Connections;
/// Field, name in the settings, label.
const ENDPOINTS: [(&str, &str, &str); 5] = [
    ("endpoint_authorization", "authorization", "Authorization endpoint"),
    ("endpoint_token", "token", "Token endpoint"),
    ("endpoint_jwks", "jwks", "Key set (JWKS)"),
    ("endpoint_userinfo", "userinfo", "Userinfo endpoint (optional)"),
    ("endpoint_end_session", "end_session", "Sign-out endpoint (optional)"),
];

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_SETTINGS, get(show).post(save))
}

/// What was typed, or is stored.
struct Typed {
    kind: BTreeMap<String, String>,
    endpoints: BTreeMap<String, String>,
    rest: SettingsForm,
}

/// What the page shows beside the connection.
struct Shown {
    status: StatusCode,
    typed: Typed,
    discovered: Option<Discovered>,
    issuer_fix: Option<IssuerFix>,
    errors: FormErrors,
}

impl Shown {
    fn of(typed: Typed) -> Self {
        let (status, errors) = (StatusCode::OK, FormErrors::none());
        Self { status, typed, discovered: None, issuer_fix: None, errors }
    }
}

fn stored(connection: &Connection) -> Typed {
    let trusts_all = connection.provisioning.trust_email == TrustEmail::All;
    let known = connection.settings.get("endpoints");
    let endpoint = |name: &str| known.and_then(|known| known.get(name)).and_then(Value::as_str).unwrap_or_default();
    Typed {
        kind: kind_form::stored(connection.kind, &connection.settings),
        endpoints: ENDPOINTS.map(|(field, name, _)| (field.to_owned(), endpoint(name).to_owned())).into(),
        rest: SettingsForm {
            secret_expires_on: connection.secret_expires_on.map(|date| date.to_string()).unwrap_or_default(),
            trusts_all,
            controls: trusts_all,
            asserted_domains: connection.asserted_domains.join("\n"),
            version: connection.revision,
            ..SettingsForm::default()
        },
    }
}

fn typed(connection: &Connection, fields: &Fields) -> (Typed, Wish) {
    let (kind, wish) = kind_form::typed(connection.kind, fields);
    let rest = SettingsForm {
        secret_expires_on: fields.owned("secret_expires_on"),
        by_hand: fields.ticked("endpoints_by_hand"),
        trusts_all: fields.text("trust_email") == "all",
        controls: fields.ticked("controls_addresses"),
        asserted_domains: fields.owned("asserted_domains"),
        version: fields.version(),
        ..SettingsForm::default()
    };
    let endpoints = ENDPOINTS.map(|(field, ..)| (field.to_owned(), fields.owned(field))).into();
    (Typed { kind, endpoints, rest }, wish)
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    let shown = Shown::of(stored(&connection));
    Ok(page(&console, &connection, shown))
}

fn page(console: &Console, connection: &Connection, shown: Shown) -> Response {
    let secret_set =
        connections::get(console.broker(), &connection.id).is_some_and(|configured| configured.secret.is_some());
    let Typed { kind, endpoints, rest } = shown.typed;
    let endpoint = |(name, _, label): (&'static str, &str, &'static str)| EndpointField {
        name,
        label,
        value: endpoints.get(name).cloned().unwrap_or_default(),
    };
    let by_document = fields(connection.kind).iter().any(|field| field.name == "issuer");
    let mut shown_fields = kind_form::shown(connection.kind, &kind, secret_set);
    // It stands on the tab Attributes, where a change of it is warned about.
    shown_fields.usual.retain(|field| field.name != connections::SUBJECT_CLAIM);
    shown_fields.rare.retain(|field| field.name != connections::SUBJECT_CLAIM);
    let form = SettingsForm {
        kind: shown_fields,
        endpoints: if by_document { ENDPOINTS.map(endpoint).into() } else { Vec::new() },
        ..rest
    };
    let view = ConnectionSettingsPage {
        shell: console.shell(SECTION),
        connection: words::head(&console.ui, connection),
        redirect_uri: Fact {
            label: words::redirect_uri_label(connection.kind).to_owned(),
            value: redirect_uri(console.broker(), &connection.id),
        },
        form,
        discovered: shown.discovered,
        issuer_fix: shown.issuer_fix,
        errors: shown.errors,
    };
    console.page_as(shown.status, view)
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let console = &posted.console;
    let connection = find(console, id)?;
    let (typed, wish) = typed(&connection, &posted.fields);
    let mut shown = Shown::of(typed);
    if wish == Wish::Keep {
        let stored = Some(&connection.settings);
        shown.errors = kind_form::mistakes(&console.ui, connection.kind, stored, &shown.typed.kind);
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

/// The provider is asked when an admin asks, and before another one is believed, unless its addresses are typed.
async fn look(console: &Console, connection: &Connection, wish: Wish, shown: &mut Shown) -> Option<Value> {
    let issuer = shown.typed.kind.get("issuer").cloned()?;
    let believed = issuer == words::provider(connection) || shown.typed.rest.by_hand;
    if wish == Wish::Keep && believed {
        return None;
    }
    match drafts::discover_provider(console.broker(), connection.kind, &issuer).await {
        Ok(document) => {
            shown.discovered = Some(kind_form::found(&console.ui, &document));
            Some(document.settings)
        }
        Err(error) => {
            shown.issuer_fix = kind_form::not_found(&console.ui, &issuer, &error, &mut shown.errors);
            None
        }
    }
}

/// The secret that was typed: in one line, or a key with several.
pub fn secret(fields: &Fields) -> SecretText {
    let line = fields.text("client_secret");
    SecretText::new(if line.is_empty() { fields.text("client_secret_lines") } else { line })
}

async fn keep(posted: &Posted, connection: &Connection, shown: Shown, discovered: Option<Value>) -> Answer {
    let console = &posted.console;
    let Typed { kind, endpoints, rest } = &shown.typed;
    let wanted = SettingsChange {
        form: kind.clone(),
        discovered,
        endpoints: rest.by_hand.then(|| endpoints.clone()),
        secret: Some(secret(&posted.fields)),
        secret_expires_on: rest.secret_expires_on.clone(),
        trust_email: if rest.trusts_all { TrustEmail::All } else { TrustEmail::VerifiedOnly },
        controls_addresses: rest.controls,
        asserted_domains: rest.asserted_domains.clone(),
    };
    match change(posted, &connection.id, Change::Settings(Box::new(wanted))).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_SETTINGS, connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            let shown = if rejected.is_stale() { Shown::of(stored(connection)) } else { shown };
            Ok(page(console, connection, Shown { status: rejected.status, errors: rejected.errors, ..shown }))
        }
    }
}
