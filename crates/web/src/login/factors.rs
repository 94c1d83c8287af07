//! Second factors: one form, whatever is asked for; every answer ends at the dispatcher.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use serde::Deserialize;
use usher_broker::login::{self, AskedFor, FactorAct, FactorForm, PasswordWay, Resumed};
use usher_domain::{Authenticator, FlowId, RefusalCode};
use usher_login_flow::CodeStanding;

use super::{ShowQuery, flow_id, passkey, status_with};
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{FactorKind, FactorPage, FactorWays, Named, Page, PasswordForm, RecoveryCodesPage, Ui, WayToSignIn};
use crate::state::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(routes::LOGIN_FACTOR, post(submit)).route(routes::LOGIN_CODES, get(download))
}

pub(super) fn page(app: &App, caller: &Caller, view: login::FactorView, query: &ShowQuery) -> Response {
    if matches!(view.asked, AskedFor::Passkey(_) | AskedFor::NewPasskey(_)) {
        return passkey::page(app, caller, view, query);
    }
    let ui = query.ui(caller, &view.ui_locales);
    let mut errors = FormErrors::none();
    let ways = ways(&ui, &view, &mut errors);
    if let Some(message) = code_error(&view) {
        errors.add("code", ui.t(message));
    }
    let status = status_with(&errors);
    let shown = FactorPage {
        ui,
        flow: view.flow,
        application: view.application,
        csrf: view.csrf,
        step: view.step,
        kind: kind(view.asked),
        ways,
        remember_days: view.remember_days,
        errors,
    };
    query.respond(app, shown, status)
}

/// What is wrong with the code; one that works no more is said before one that was wrong, since no other try helps.
fn code_error(view: &login::FactorView) -> Option<&'static str> {
    match &view.asked {
        AskedFor::Mail { standing: CodeStanding::Void, sends_left: 0, .. } => Some("error-code-void"),
        AskedFor::Mail { standing: CodeStanding::Void, .. } => Some("error-code-void-send"),
        _ => view.rejected.then_some("error-code-wrong"),
    }
}

fn kind(asked: AskedFor) -> FactorKind {
    match asked {
        AskedFor::App => FactorKind::App,
        AskedFor::Lost { codes_left } => FactorKind::Lost { codes_left },
        AskedFor::NewApp { key, otpauth, qr } => {
            FactorKind::NewApp { key, otpauth, qr: qr.map(|qr| (qr.side.to_string(), qr.path)) }
        }
        AskedFor::Mail { to, standing, sends_left } => {
            FactorKind::Mail { to, waits: standing == CodeStanding::Waiting, may_send: sends_left > 0 }
        }
        AskedFor::Choice { choices } => FactorKind::Choice { choices },
        // Passkeys have a page of their own.
        AskedFor::Elsewhere | AskedFor::Passkey(_) | AskedFor::NewPasskey(_) => FactorKind::Elsewhere,
    }
}

/// What stands below whatever is asked for.
pub(super) fn ways(ui: &Ui, view: &login::FactorView, errors: &mut FormErrors) -> FactorWays {
    if view.password == PasswordWay::Rejected {
        errors.add("username", ui.t("error-credentials"));
    }
    let way = |c: &login::ListedConnection| WayToSignIn {
        name: Named::new(&c.name),
        connection: c.id.clone(),
        button_text: c.button_text.clone(),
    };
    let password = PasswordForm { username: view.username.clone(), forgot: None };
    FactorWays {
        others: view.others.clone(),
        connections: view.connections.iter().map(way).collect(),
        password: (view.password != PasswordWay::NotOffered).then_some(password),
        may_be_lost: view.may_be_lost,
        may_choose: view.may_choose,
        open: matches!(view.asked, AskedFor::Elsewhere),
    }
}

pub(super) fn codes(app: &App, caller: &Caller, view: login::RecoveryCodesPage, query: &ShowQuery) -> Response {
    let ui = query.ui(caller, &view.ui_locales);
    let page =
        RecoveryCodesPage { ui, flow: view.flow, csrf: view.csrf, codes: view.codes, errors: FormErrors::none() };
    query.respond(app, page, StatusCode::OK)
}

/// The same codes as a file, while they are shown.
async fn download(State(app): State<App>, Path(flow): Path<String>, caller: Caller) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let resumed = Box::pin(login::resume(&app.broker, &flow, &caller.visitor)).await;
    match resumed.map_err(|f| caller.fail(&app, f))? {
        Resumed::RecoveryCodes(view) => {
            let attached = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"recovery-codes.txt\""),
            ];
            Ok((attached, view.codes.join("\n") + "\n").into_response())
        }
        _ => Ok(see_other(&paths::login(&flow))),
    }
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    step: u8,
    #[serde(default)]
    act: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    remember: String,
    #[serde(default)]
    saved: String,
}

/// What the pressed button wants; none for one that no page of ours has.
fn act(fields: &Fields) -> Option<FactorAct> {
    match fields.act.as_str() {
        "code" => Some(FactorAct::Code(fields.code.chars().take(64).collect())),
        "send" => Some(FactorAct::SendAgain),
        "seen" => Some(FactorAct::CodesSeen),
        "choose" => Some(FactorAct::Choose),
        "give_up" => Some(FactorAct::GiveUp),
        act => match act.strip_prefix("set_up_") {
            Some(which) => Authenticator::from_text(which).map(FactorAct::SetUp),
            None => other(act),
        },
    }
}

fn other(way: &str) -> Option<FactorAct> {
    Authenticator::from_text(way).filter(|way| *way != Authenticator::Password).map(FactorAct::Other)
}

async fn submit(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Result<Form<Fields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let act = act(&fields).ok_or_else(|| caller.refuse(&app, RefusalCode::BadRequest))?;
    if act == FactorAct::CodesSeen && fields.saved.is_empty() {
        return unsaved(&app, &caller, &flow).await;
    }
    let form = FactorForm { step: fields.step, act, remember: !fields.remember.is_empty(), csrf: fields.csrf };
    Box::pin(login::submit_factor(&app.broker, &flow, form, &caller.visitor))
        .await
        .map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}

/// The codes again, until the person says to have saved them.
async fn unsaved(app: &App, caller: &Caller, flow: &FlowId) -> Result<Response, WebError> {
    let resumed = Box::pin(login::resume(&app.broker, flow, &caller.visitor)).await;
    match resumed.map_err(|f| caller.fail(app, f))? {
        Resumed::RecoveryCodes(view) => {
            let ui = caller.ui_for(&view.ui_locales);
            let errors = FormErrors::at("saved", ui.t("error-codes-saved"));
            let page = RecoveryCodesPage { ui, flow: view.flow, csrf: view.csrf, codes: view.codes, errors };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        _ => Ok(see_other(&paths::login(flow))),
    }
}
