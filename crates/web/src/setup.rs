//! The page behind a one-time link: the first admin, the way back in, an invitation, or a new password.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use usher_broker::setup::{self, AdminForm, LinkFor, SetupFailure};
use usher_broker::{invitations, password_reset};
use usher_domain::{RefusalCode, SecretText};
use usher_login_flow::factors::policy::PasswordFlaw;

use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::paths::routes;
use crate::pages::{AccountReadyPage, Page, SetupPage, SetupPurpose};
use crate::state::App;

/// Route of the page.
pub fn routes() -> Router<App> {
    Router::new().route(routes::SETUP, get(show).post(submit))
}

fn owner(token: &str) -> String {
    format!("setup:{token}")
}

async fn show(State(app): State<App>, Path(token): Path<String>, caller: Caller) -> Result<Response, WebError> {
    let link = look(&app, &caller, &token).await?;
    let username = invited(&link).unwrap_or_default();
    Ok(page(&app, &caller, (&token, &link), username, FormErrors::none()))
}

/// What the link is for; a dead one is not found.
async fn look(app: &App, caller: &Caller, token: &str) -> Result<LinkFor, WebError> {
    let link = setup::look(&app.broker, token).await.map_err(|f| caller.fail(app, f))?;
    link.ok_or_else(|| caller.refuse(app, RefusalCode::NotFound))
}

/// The user name of an invited person, which is not theirs to choose.
fn invited(link: &LinkFor) -> Option<String> {
    match link {
        LinkFor::Invitation(username) | LinkFor::NewPassword(username) => Some(username.to_string()),
        LinkFor::FirstAdmin | LinkFor::Recovery => None,
    }
}

fn page(app: &App, caller: &Caller, link: (&str, &LinkFor), username: String, errors: FormErrors) -> Response {
    let (token, link) = link;
    let status = if errors.any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = SetupPage {
        ui: caller.ui(),
        purpose: match link {
            LinkFor::FirstAdmin => SetupPurpose::FirstAdmin,
            LinkFor::Recovery => SetupPurpose::Recovery,
            LinkFor::Invitation(_) => SetupPurpose::Invitation,
            LinkFor::NewPassword(_) => SetupPurpose::NewPassword,
        },
        action: format!("/setup/{token}"),
        csrf: app.broker.csrf_token(&owner(token)),
        username,
        password_characters: u64::from(app.broker.snapshot().security.min_characters),
        errors,
    };
    // The address carries the token: nobody it leads to may learn it.
    ([("referrer-policy", "same-origin")], (status, Page(view))).into_response()
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
    #[serde(default)]
    csrf: String,
}

async fn submit(
    State(app): State<App>,
    Path(token): Path<String>,
    caller: Caller,
    form: Result<Form<Fields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    if !app.broker.csrf_matches(&owner(&token), &fields.csrf) {
        return Err(caller.refuse(&app, RefusalCode::CsrfFailed));
    }
    let link = look(&app, &caller, &token).await?;
    let username = invited(&link).unwrap_or_else(|| fields.username.clone());
    let (password, again) = (SecretText::new(fields.password), SecretText::new(fields.password_again));
    let done = match link {
        LinkFor::Invitation(_) => invitations::accept(&app.broker, &token, (password, again), &caller.visitor).await,
        LinkFor::NewPassword(_) => {
            password_reset::accept(&app.broker, &token, (password, again), &caller.visitor).await
        }
        LinkFor::FirstAdmin | LinkFor::Recovery => {
            let form = AdminForm { username: fields.username, email: String::new(), password, again };
            setup::complete(&app.broker, &token, form).await
        }
    };
    let ui = caller.ui();
    let errors = match done {
        Ok(()) if invited(&link).is_some() => return Ok(ready(&caller, &username)),
        Ok(()) => return Ok(see_other(routes::HOME)),
        Err(SetupFailure::DeadLink) => return Err(caller.refuse(&app, RefusalCode::NotFound)),
        Err(SetupFailure::Fault(fault)) => return Err(caller.fail(&app, fault)),
        Err(SetupFailure::UsernameTaken) => FormErrors::at("username", ui.t("error-username-taken")),
        Err(SetupFailure::Username(_) | SetupFailure::Email(_)) => {
            FormErrors::at("username", ui.t("error-username-invalid"))
        }
        Err(SetupFailure::PasswordsDiffer) => FormErrors::at("password_again", ui.t("error-passwords-differ")),
        Err(SetupFailure::PasswordTooShort) => FormErrors::at("password", ui.t("error-password-short")),
        Err(SetupFailure::PasswordRefused(flaw)) => FormErrors::at("password", ui.t(password_flaw(flaw))),
        Err(SetupFailure::PasswordTooLong) => FormErrors::at("password", ui.t("error-password-long")),
    };
    Ok(page(&app, &caller, (&token, &link), username, errors))
}

/// The invited person is told that the account is ready; where to sign in, their application knows.
fn ready(caller: &Caller, username: &str) -> Response {
    let view = AccountReadyPage { ui: caller.ui(), username: username.to_owned() };
    Page(view).into_response()
}

/// What is wrong with a password that was chosen.
pub fn password_flaw(flaw: PasswordFlaw) -> &'static str {
    match flaw {
        PasswordFlaw::TooShort => "error-password-short",
        PasswordFlaw::TooLong => "error-password-long",
        PasswordFlaw::Personal => "error-password-personal",
        PasswordFlaw::Pattern => "error-password-pattern",
        PasswordFlaw::Common => "error-password-common",
        PasswordFlaw::Breached => "error-password-breached",
    }
}
