//! The form of one application: names and addresses, protocol, ways to sign in.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use usher_broker::console::{applications, connections};
use usher_domain::{Application, ClientAuthMethod, ConnectionId, SignInPageStyle};

use super::applications::{done, find};
use super::fields::Fields;
use super::kind_form::fact;
use super::session::{Answer, Console, Posted, Rejected};
use super::words;
use crate::forms::FormErrors;
use crate::pages::console::{ApplicationForm, ApplicationPage, ConnectionTick, FlashKind, SecretRow, Section};
use crate::pages::paths::routes;
use crate::state::App;

const SECTION: Section = Section::Applications;

pub fn routes() -> Router<App> {
    Router::new().route(routes::APPLICATION_GENERAL, get(show).post(save))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let application = find(&console, id)?;
    let fine = Rejected { status: StatusCode::OK, errors: FormErrors::none() };
    Ok(application_page(&console, &application, stored(&console, &application), fine))
}

fn lines<T: ToString>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The form as it is stored.
pub fn stored(console: &Console, application: &Application) -> ApplicationForm {
    let ticked = |id: &ConnectionId| application.connections.as_ref().is_some_and(|list| list.contains(id));
    let auth_method = match application.auth_method {
        ClientAuthMethod::ClientSecretBasic => "client_secret_basic",
        ClientAuthMethod::ClientSecretPost => "client_secret_post",
        ClientAuthMethod::None => "none",
    };
    ApplicationForm {
        name: application.name.clone(),
        redirect_uris: lines(&application.redirect_uris),
        post_logout_redirect_uris: lines(&application.post_logout_redirect_uris),
        origins: lines(&application.origins),
        id_token_alg: application.id_token_alg.as_str().to_owned(),
        auth_method: auth_method.to_owned(),
        all_connections: application.connections.is_none(),
        connections: ticks(console, ticked),
        local_sign_in: application.local_sign_in,
        local_account_required: application.local_account_required,
        sign_in_page: words::stable(&application.sign_in_page),
        home_url: application.home_url.clone().unwrap_or_default(),
        version: application.revision,
    }
}

fn ticks(console: &Console, ticked: impl Fn(&ConnectionId) -> bool) -> Vec<ConnectionTick> {
    connections::list(console.broker())
        .into_iter()
        .map(|connection| ConnectionTick {
            ticked: ticked(&connection.id),
            id: connection.id.to_string(),
            name: connection.name,
        })
        .collect()
}

/// The page with the stored form or the typed one.
pub fn application_page(
    console: &Console,
    application: &Application,
    form: ApplicationForm,
    rejected: Rejected,
) -> Response {
    let base = console.broker().public_url();
    let secrets = application
        .secrets
        .iter()
        .map(|secret| SecretRow { ending: secret.ending.clone(), created_at: secret.created_at })
        .collect();
    let view = ApplicationPage {
        shell: console.shell(SECTION),
        application: words::application_head(&console.ui, application),
        enabled: application.enabled,
        form: if rejected.is_stale() { stored(console, application) } else { form },
        secrets,
        facts: vec![
            fact("Client ID", application.id.as_str()),
            fact("Issuer", console.broker().issuer().as_str()),
            fact("Discovery document", &format!("{base}/.well-known/openid-configuration")),
        ],
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn typed(console: &Console, fields: &Fields) -> ApplicationForm {
    ApplicationForm {
        name: fields.owned("name"),
        redirect_uris: fields.owned("redirect_uris"),
        post_logout_redirect_uris: fields.owned("post_logout_redirect_uris"),
        origins: fields.owned("origins"),
        id_token_alg: fields.owned("id_token_alg"),
        auth_method: fields.owned("auth_method"),
        all_connections: fields.ticked("all_connections"),
        connections: ticks(console, |id| fields.ticked(&format!("connection_{id}"))),
        local_sign_in: fields.ticked("local_sign_in"),
        local_account_required: fields.ticked("local_account_required"),
        sign_in_page: fields.owned("sign_in_page"),
        home_url: fields.owned("home_url"),
        version: fields.version(),
    }
}

fn wanted(form: &ApplicationForm) -> applications::ApplicationForm {
    let chosen = || form.connections.iter().filter(|tick| tick.ticked);
    let chosen = || chosen().filter_map(|tick| ConnectionId::parse(tick.id.as_str()).ok()).collect();
    applications::ApplicationForm {
        name: form.name.clone(),
        redirect_uris: form.redirect_uris.clone(),
        post_logout_redirect_uris: form.post_logout_redirect_uris.clone(),
        origins: form.origins.clone(),
        local_sign_in: form.local_sign_in,
        local_account_required: form.local_account_required,
        auth_method: form.auth_method.clone(),
        id_token_alg: form.id_token_alg.clone(),
        connections: if form.all_connections { None } else { Some(chosen()) },
        sign_in_page: match form.sign_in_page.as_str() {
            "identifier_first" => SignInPageStyle::IdentifierFirst,
            _ => SignInPageStyle::List,
        },
        home_url: form.home_url.clone(),
    }
}

async fn save(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let application = find(&console, id)?;
    let form = typed(&console, &fields);
    let seen = (&application.id, form.version);
    let updated = applications::update(console.broker(), &console.admin, seen, &wanted(&form), console.visitor()).await;
    match updated {
        Ok(()) => Ok(done(&console, &application, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(application_page(&console, &application, form, rejected))
        }
    }
}
