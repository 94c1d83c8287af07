//! The page behind a one-time link: the first admin, or the way back in.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use usher_broker::setup::{self, AdminForm, SetupFailure};
use usher_domain::{RefusalCode, SecretText};

use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::paths::routes;
use crate::pages::{Page, SetupPage, SetupPurpose};
use crate::state::App;

/// Route of the page.
pub fn routes() -> Router<App> {
    Router::new().route(routes::SETUP, get(show).post(submit))
}

fn owner(token: &str) -> String {
    format!("setup:{token}")
}

async fn show(State(app): State<App>, Path(token): Path<String>, caller: Caller) -> Result<Response, WebError> {
    if !setup::is_live(&app.broker, &token).await.map_err(|f| caller.fail(&app, f))? {
        return Err(caller.refuse(&app, RefusalCode::NotFound));
    }
    Ok(page(&app, &caller, &token, String::new(), FormErrors::none()))
}

fn page(app: &App, caller: &Caller, token: &str, username: String, errors: FormErrors) -> Response {
    let status = if errors.any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = SetupPage {
        ui: caller.ui(),
        purpose: SetupPurpose::FirstAdmin,
        action: format!("/setup/{token}"),
        csrf: app.broker.csrf_token(&owner(token)),
        username,
        password_characters: usher_broker::passwords::MIN_PASSWORD_CHARS as u64,
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
    let username = fields.username.clone();
    let form = AdminForm {
        username: fields.username,
        email: String::new(),
        password: SecretText::new(fields.password),
        again: SecretText::new(fields.password_again),
    };
    let ui = caller.ui();
    let errors = match setup::complete(&app.broker, &token, form).await {
        Ok(()) => return Ok(see_other(routes::HOME)),
        Err(SetupFailure::DeadLink) => return Err(caller.refuse(&app, RefusalCode::NotFound)),
        Err(SetupFailure::Fault(fault)) => return Err(caller.fail(&app, fault)),
        Err(SetupFailure::UsernameTaken) => FormErrors::at("username", ui.t("error-username-taken")),
        Err(SetupFailure::Username(_) | SetupFailure::Email(_)) => {
            FormErrors::at("username", ui.t("error-username-invalid"))
        }
        Err(SetupFailure::PasswordsDiffer) => FormErrors::at("password_again", ui.t("error-passwords-differ")),
        Err(SetupFailure::PasswordTooShort) => FormErrors::at("password", ui.t("error-password-short")),
        Err(SetupFailure::PasswordTooLong) => FormErrors::at("password", ui.t("error-password-long")),
    };
    Ok(page(&app, &caller, &token, username, errors))
}
