//! Applications: list, new, created (the secret is shown once), switched on or off, gone. The form of one has a file
//! of its own.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use usher_broker::console::NotDone;
use usher_broker::console::applications::{self, ApplicationForm};
use usher_domain::{Application, ApplicationId, ApplicationKind, SecretText};

use super::application::{application_page, stored};
use super::connections::finds;
use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected, Stop};
use super::words;
use crate::error::see_other;
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::console::{
    ApplicationCreatedPage, ApplicationDeletePage, ApplicationRow, ApplicationsPage, FlashKind, NewApplicationForm,
    NewApplicationPage, Section,
};
use crate::pages::paths::{self, routes};
use crate::state::App;

const SECTION: Section = Section::Applications;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::APPLICATIONS, get(list))
        .route(routes::NEW_APPLICATION, get(new).post(create))
        .route(routes::APPLICATION_SECRETS, get(open).post(secrets))
        .route(routes::APPLICATION_STATE, get(open).post(set_state))
        .route(routes::APPLICATION_DELETE, get(ask_delete).post(delete))
}

async fn list(console: Console, search: Fields) -> Answer {
    let rows = applications::list(console.broker())
        .into_iter()
        .filter(|application| finds(&search, &application.name))
        .map(|application| ApplicationRow {
            name: Named::new(&application.name),
            kind: application.kind,
            status: words::application_status(&console.ui, &application),
            connections: offered(&console, &application),
            id: application.id,
        })
        .collect();
    Ok(console.page(ApplicationsPage {
        shell: console.shell(SECTION),
        query: search.text("q").trim().to_owned(),
        rows,
    }))
}

/// Names of the connections that an application offers.
fn offered(console: &Console, application: &Application) -> String {
    let Some(list) = &application.connections else { return console.ui.t("all-connections") };
    let snapshot = console.broker().snapshot();
    let names: Vec<String> = list.iter().map(|id| words::connection_name(&console.ui, &snapshot, id)).collect();
    if names.is_empty() { console.ui.t("no-connections") } else { names.join(", ") }
}

/// Where an address that only takes forms leads when it is opened.
async fn open(Path(id): Path<String>, console: Console) -> Answer {
    let application = find(&console, id)?;
    Ok(see_other(&paths::application(routes::APPLICATION_GENERAL, &application.id)))
}

/// The application of an address; anything that is none has a page that says so.
pub fn find(console: &Console, id: String) -> Result<Application, Stop> {
    let found = ApplicationId::parse(id).ok().and_then(|id| applications::get(console.broker(), &id));
    found.ok_or_else(|| console.gone(SECTION))
}

async fn new(console: Console) -> Answer {
    let form = NewApplicationForm { name: String::new(), kind: ApplicationKind::Web, redirect_uris: String::new() };
    Ok(console.page(NewApplicationPage { shell: console.shell(SECTION), form, errors: FormErrors::none() }))
}

fn kind(fields: &Fields) -> ApplicationKind {
    match fields.text("kind") {
        "spa" => ApplicationKind::Spa,
        "native" => ApplicationKind::Native,
        _ => ApplicationKind::Web,
    }
}

async fn create(Posted { console, fields }: Posted) -> Answer {
    let typed = NewApplicationForm {
        name: fields.owned("name"),
        kind: kind(&fields),
        redirect_uris: fields.owned("redirect_uris"),
    };
    let form = ApplicationForm {
        name: typed.name.clone(),
        redirect_uris: typed.redirect_uris.clone(),
        ..ApplicationForm::default()
    };
    match applications::create(console.broker(), &console.admin, typed.kind, &form, console.visitor()).await {
        Ok((application, secret)) => Ok(created(&console, &application, secret)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            let view = NewApplicationPage { shell: console.shell(SECTION), form: typed, errors: rejected.errors };
            Ok(console.page_as(rejected.status, view))
        }
    }
}

/// Answered to the POST itself: an address that showed the secret could be opened again.
fn created(console: &Console, application: &Application, secret: Option<SecretText>) -> Response {
    let issuer = console.broker().issuer().as_str().to_owned();
    let base = console.broker().public_url();
    console.page(ApplicationCreatedPage {
        shell: console.shell(SECTION),
        id: application.id.clone(),
        name: Named::new(&application.name),
        secret,
        discovery_url: format!("{base}/.well-known/openid-configuration"),
        issuer,
    })
}

async fn secrets(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let application = find(&console, id)?;
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let ending = fields.text("remove");
    if ending.is_empty() {
        return match applications::add_secret(broker, admin, &application.id, visitor).await {
            Ok(secret) => Ok(created(&console, &application, Some(secret))),
            Err(error) => not_done(&console, &application, error),
        };
    }
    match applications::remove_secret(broker, admin, &application.id, ending, visitor).await {
        Ok(()) => Ok(done(&console, &application, FlashKind::SecretRemoved)),
        Err(error) => not_done(&console, &application, error),
    }
}

/// The application's page with the reason.
fn not_done(console: &Console, application: &Application, error: NotDone) -> Answer {
    let rejected = console.rejected(SECTION, error)?;
    Ok(application_page(console, application, stored(console, application), rejected))
}

/// Back to the application's page, which confirms.
pub fn done(console: &Console, application: &Application, flash: FlashKind) -> Response {
    console.done(&paths::application(routes::APPLICATION_GENERAL, &application.id), flash)
}

async fn set_state(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let application = find(&console, id)?;
    let enable = fields.text("state") == "enabled";
    let flash = if enable { FlashKind::ApplicationEnabled } else { FlashKind::ApplicationDisabled };
    let visitor = console.visitor();
    match applications::set_enabled(console.broker(), &console.admin, &application.id, enable, visitor).await {
        Ok(()) => Ok(done(&console, &application, flash)),
        Err(error) => not_done(&console, &application, error),
    }
}

async fn ask_delete(Path(id): Path<String>, console: Console) -> Answer {
    let application = find(&console, id)?;
    Ok(delete_page(&console, &application, Rejected { status: StatusCode::OK, errors: FormErrors::none() }))
}

fn delete_page(console: &Console, application: &Application, rejected: Rejected) -> Response {
    let view = ApplicationDeletePage {
        shell: console.shell(SECTION),
        id: application.id.clone(),
        name: Named::new(&application.name),
        version: application.revision,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn delete(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let application = find(&console, id)?;
    if fields.text("confirm").trim() != Named::new(&application.name).name().trim() {
        let errors = FormErrors::at("confirm", console.ui.t("error-confirm"));
        return Ok(delete_page(&console, &application, Rejected::fields(errors)));
    }
    match applications::delete(console.broker(), &console.admin, &application.id, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::APPLICATIONS, FlashKind::ApplicationDeleted)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(delete_page(&console, &application, rejected))
        }
    }
}
