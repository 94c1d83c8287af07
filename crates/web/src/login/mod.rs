//! The sign-in pages: dispatcher, departure, password form, restart.

mod factors;
mod forgot;
mod identify;
mod link;
mod passkey;
mod prompt;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use usher_broker::login::{self, Resumed};
use usher_broker::{AnswerToApplication, Fault};
use usher_domain::{ConnectionId, FlowId, RefusalCode, SecretText};
use usher_login_flow::SignInNotice;
use usher_oidc_provider::responses::AuthorizationAnswer;

use crate::caller::Caller;
use crate::error::{WebError, see_other, with_cookie};
use crate::forms::FormErrors;
use crate::i18n::Language;
use crate::pages::paths::{self, routes};
use crate::pages::{AutoSubmitPage, HiddenField, Named, Page, PasswordForm, SignInPage, Ui, WayToSignIn, Ways};
use crate::state::App;

/// Routes of the sign-in pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::LOGIN, get(show))
        .route(routes::LOGIN_GO, get(go))
        .route(routes::LOGIN_PASSWORD, post(password))
        .route(routes::LOGIN_RESTART, post(restart))
        .merge(forgot::routes())
        .merge(factors::routes())
        .merge(identify::routes())
        .merge(link::routes())
        .merge(passkey::routes())
        .merge(prompt::routes())
}

#[derive(Deserialize)]
struct ShowQuery {
    lang: Option<String>,
    /// Searches among very many ways.
    #[serde(default)]
    find: String,
}

async fn show(
    State(app): State<App>,
    Path(flow): Path<String>,
    Query(query): Query<ShowQuery>,
    caller: Caller,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let resumed = login::resume(&app.broker, &flow, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    match resumed {
        Resumed::SignIn(page) => Ok(sign_in(&app, &caller, *page, &query)),
        Resumed::Identify(page) => Ok(identify::page(&app, &caller, *page, &query)),
        Resumed::Prove(page) => Ok(link::page(&app, &caller, *page, &query)),
        Resumed::Prompt(page) => Ok(prompt::page(&app, &caller, *page, &query)),
        Resumed::Factor(view) => Ok(factors::page(&app, &caller, *view, &query)),
        Resumed::RecoveryCodes(view) => Ok(factors::codes(&app, &caller, *view, &query)),
        Resumed::Again(flow) => Ok(see_other(&paths::login(&flow))),
        Resumed::Remembered(flow, device) => {
            Ok(with_cookie(see_other(&paths::login(&flow)), &app.cookies.set_device(&device.cookie, device.days)))
        }
        Resumed::Depart(url) => Ok(see_other(&url)),
        Resumed::Answer(answer) => answer_application(&app, &caller, *answer).await,
    }
}

fn flow_id(app: &App, caller: &Caller, text: String) -> Result<FlowId, WebError> {
    FlowId::parse(text).map_err(|_| caller.refuse(app, RefusalCode::TxExpired))
}

impl ShowQuery {
    fn language(&self) -> Option<Language> {
        self.lang.as_deref().and_then(Language::from_tag)
    }

    fn ui(&self, caller: &Caller, ui_locales: &[String]) -> Ui {
        self.language().map_or_else(|| caller.ui_for(ui_locales), Ui::new)
    }

    /// A page, with the cookie for a language that was just chosen.
    fn respond<T: askama::Template>(&self, app: &App, page: T, status: StatusCode) -> Response {
        let response = (status, Page(page)).into_response();
        match self.language() {
            Some(language) => with_cookie(response, &app.cookies.set_language(language.tag())),
            None => response,
        }
    }
}

/// The status of a page with these mistakes.
fn status_with(errors: &FormErrors) -> StatusCode {
    if errors.any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

/// The connections as the page lists them.
fn ways(connections: Vec<login::ListedConnection>, find: &str) -> Ways {
    let last_used = connections.iter().find(|c| c.last_used).map(|c| c.id.clone());
    let ways = connections
        .into_iter()
        .map(|c| WayToSignIn { name: Named::new(&c.name), connection: c.id, button_text: c.button_text })
        .collect();
    Ways::find(ways, last_used.as_ref(), find)
}

fn sign_in(app: &App, caller: &Caller, page: login::SignInPage, query: &ShowQuery) -> Response {
    let ui = query.ui(caller, &page.ui_locales);
    let mut errors = FormErrors::none();
    if page.notice == Some(SignInNotice::WrongPassword) {
        errors.add("username", ui.t("error-credentials"));
    }
    let passkey = passkey::question(&ui, page.passkey, &mut errors);
    let status = status_with(&errors);
    let forgot = app.broker.can_mail().then(|| paths::login_at(routes::LOGIN_FORGOT, &page.flow));
    let view = SignInPage {
        ui,
        flow: page.flow,
        application: page.application,
        csrf: page.csrf,
        step: page.step.into(),
        ways: ways(page.connections, &query.find),
        identifier: page.identifier,
        password: page.password.then(|| PasswordForm { username: page.username.unwrap_or_default(), forgot }),
        passkey,
        notice: None,
        errors,
    };
    query.respond(app, view, status)
}

/// Sends the answer to the application, adopting the session that was written with it.
pub async fn answer_application(app: &App, caller: &Caller, answer: AnswerToApplication) -> Result<Response, WebError> {
    let mut cookies = Vec::new();
    if let Some(new) = answer.session {
        // The old id is void, whatever it was (SESS-01); the row of the new one exists already.
        let adopted = async {
            if caller.session.id().is_some() {
                caller.session.flush().await?;
            }
            caller.session.insert(usher_storage::session_rows::ADOPT_KEY, new.cookie.expose()).await
        };
        adopted.await.map_err(|fault| caller.fail(app, Fault::unreadable("session", fault)))?;
        if let Some(connection) = &new.connection {
            cookies.push(app.cookies.set_last(connection));
        }
        if let Some(device) = &new.device {
            cookies.push(app.cookies.set_device(&device.cookie, device.days));
        }
    }
    let response = match answer.answer {
        AuthorizationAnswer::Redirect { url } => see_other(&url),
        AuthorizationAnswer::FormPost { action, fields } => {
            let fields = fields.into_iter().map(|(name, value)| HiddenField { name, value }).collect();
            let snapshot = app.broker.snapshot();
            let application = snapshot.application(&answer.application).map(|a| a.name.clone()).unwrap_or_default();
            Page(AutoSubmitPage { ui: caller.ui(), action, fields, application }).into_response()
        }
    };
    cookies.extend(answer.beside.cookies.iter().map(|cookie| app.cookies.set_script(cookie)));
    let mut response = cookies.iter().fold(response, |response, cookie| with_cookie(response, cookie));
    for (name, value) in answer.beside.headers {
        // The engine allows few names, none of them one of ours.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn go(
    State(app): State<App>,
    Path((flow, connection)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let connection =
        ConnectionId::parse(connection).map_err(|_| caller.refuse(&app, RefusalCode::ConnectionUnavailable))?;
    let url = Box::pin(login::depart(&app.broker, &flow, &connection, &caller.visitor))
        .await
        .map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&url))
}

#[derive(Deserialize)]
struct PasswordFields {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    csrf: String,
}

async fn password(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Result<Form<PasswordFields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let form = login::PasswordForm {
        username: fields.username,
        password: SecretText::new(fields.password),
        csrf: fields.csrf,
    };
    Box::pin(login::submit_password(&app.broker, &flow, form, &caller.visitor))
        .await
        .map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}

#[derive(Deserialize)]
struct RestartFields {
    #[serde(default)]
    csrf: String,
}

async fn restart(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Result<Form<RestartFields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    if !app.broker.csrf_matches(&format!("flow:{flow}"), &fields.csrf) {
        return Err(caller.refuse(&app, RefusalCode::CsrfFailed));
    }
    login::restart(&app.broker, &flow, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}
