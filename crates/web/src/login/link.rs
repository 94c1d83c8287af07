//! "Link your account": password, mailed code, or cancel. Every form ends at the dispatcher.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use usher_broker::login;
use usher_domain::{FlowId, RefusalCode, SecretText};
use usher_login_flow::{CodeStanding, WrongProof};

use super::{ShowQuery, flow_id, status_with};
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{CodeField, LinkPage, Ui};
use crate::state::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(routes::LOGIN_PROOF_PASSWORD, post(password))
        .route(routes::LOGIN_PROOF_SEND, post(send))
        .route(routes::LOGIN_PROOF_CODE, post(code))
        .route(routes::LOGIN_PROOF_CANCEL, post(cancel))
}

pub(super) fn page(app: &App, caller: &Caller, page: login::ProofPage, query: &ShowQuery) -> Response {
    let ui = query.ui(caller, &page.ui_locales);
    let code = code_field(&page);
    let errors = errors(&ui, &page, code);
    let username = match page.wrong {
        Some(WrongProof::Password { typed_name }) => typed_name.unwrap_or_default(),
        Some(WrongProof::Code) | None => String::new(),
    };
    let status = status_with(&errors);
    let view = LinkPage {
        ui,
        flow: page.flow,
        csrf: page.csrf,
        external: page.external,
        connection: page.connection,
        username,
        code,
        errors,
    };
    query.respond(app, view, status)
}

fn code_field(page: &login::ProofPage) -> CodeField {
    match (page.mail, page.code, page.sends_left) {
        (false, _, _) => CodeField::Unavailable,
        (true, CodeStanding::Waiting, 0) => CodeField::LastTyped,
        (true, CodeStanding::Waiting, _) => CodeField::Typed,
        (true, _, 0) => CodeField::UsedUp,
        (true, CodeStanding::NotSent | CodeStanding::Void, _) => CodeField::Offered,
    }
}

fn errors(ui: &Ui, page: &login::ProofPage, code: CodeField) -> FormErrors {
    let field = if code.is_typed() { "code" } else { "" };
    match (&page.wrong, page.code) {
        (Some(WrongProof::Password { .. }), _) => FormErrors::at("username", ui.t("error-credentials")),
        (_, CodeStanding::Void) => FormErrors::at(field, ui.t("error-code-void")),
        (Some(WrongProof::Code), _) => FormErrors::at(field, ui.t("error-code-wrong")),
        (None, _) => FormErrors::none(),
    }
}

#[derive(Deserialize)]
struct ProofFields {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    csrf: String,
}

type Sent = Result<Form<ProofFields>, axum::extract::rejection::FormRejection>;

fn read(app: &App, caller: &Caller, flow: String, form: Sent) -> Result<(FlowId, ProofFields), WebError> {
    let flow = flow_id(app, caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(app, RefusalCode::BadRequest))?;
    Ok((flow, fields))
}

async fn password(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Sent,
) -> Result<Response, WebError> {
    let (flow, fields) = read(&app, &caller, flow, form)?;
    let form = login::PasswordForm {
        username: fields.username,
        password: SecretText::new(fields.password),
        csrf: fields.csrf,
    };
    Box::pin(login::submit_proof(&app.broker, &flow, form, &caller.visitor)).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}

async fn send(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Sent,
) -> Result<Response, WebError> {
    let (flow, fields) = read(&app, &caller, flow, form)?;
    login::send_code(&app.broker, &flow, &fields.csrf, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}

async fn code(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Sent,
) -> Result<Response, WebError> {
    let (flow, fields) = read(&app, &caller, flow, form)?;
    let form = (fields.code.as_str(), fields.csrf.as_str());
    Box::pin(login::submit_code(&app.broker, &flow, form, &caller.visitor)).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}

async fn cancel(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Sent,
) -> Result<Response, WebError> {
    let (flow, fields) = read(&app, &caller, flow, form)?;
    login::cancel_proof(&app.broker, &flow, &fields.csrf, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}
