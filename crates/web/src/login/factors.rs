//! Second factors: one form, whatever is asked for; every answer ends at the dispatcher.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde::Deserialize;
use usher_broker::login::{self, AskedFor, FactorAct, FactorForm};
use usher_domain::{Authenticator, RefusalCode};
use usher_login_flow::CodeStanding;

use super::{ShowQuery, flow_id, status_with};
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{FactorKind, FactorPage, RecoveryCodesPage};
use crate::state::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(routes::LOGIN_FACTOR, post(submit))
}

pub(super) fn page(app: &App, caller: &Caller, view: login::FactorView, query: &ShowQuery) -> Response {
    let ui = query.ui(caller, &view.ui_locales);
    let mut errors = FormErrors::none();
    if view.rejected {
        errors.add("code", ui.t("error-code-wrong"));
    }
    let kind = match view.asked {
        AskedFor::App => FactorKind::App,
        AskedFor::Lost => FactorKind::Lost,
        AskedFor::NewApp { key, otpauth, qr } => {
            FactorKind::NewApp { key, otpauth, qr: qr.map(|qr| (qr.side.to_string(), qr.path)) }
        }
        AskedFor::Mail { to, standing, sends_left } => {
            if standing == CodeStanding::Void && !errors.any() {
                errors.add("code", ui.t("error-code-void"));
            }
            FactorKind::Mail { to, may_send: sends_left > 0 }
        }
    };
    let status = status_with(&errors);
    let shown = FactorPage {
        ui,
        flow: view.flow,
        application: view.application,
        csrf: view.csrf,
        step: view.step,
        kind,
        others: view.others,
        may_be_lost: view.may_be_lost,
        errors,
    };
    query.respond(app, shown, status)
}

pub(super) fn codes(app: &App, caller: &Caller, view: login::RecoveryCodesPage, query: &ShowQuery) -> Response {
    let ui = query.ui(caller, &view.ui_locales);
    let page = RecoveryCodesPage { ui, flow: view.flow, csrf: view.csrf, codes: view.codes };
    query.respond(app, page, StatusCode::OK)
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
}

/// What the pressed button wants; none for one that no page of ours has.
fn act(fields: &Fields) -> Option<FactorAct> {
    match fields.act.as_str() {
        "code" => Some(FactorAct::Code(fields.code.chars().take(64).collect())),
        "send" => Some(FactorAct::SendAgain),
        "seen" => Some(FactorAct::CodesSeen),
        way => Authenticator::from_text(way).filter(|way| way.is_second_factor()).map(FactorAct::Other),
    }
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
    let form = FactorForm { step: fields.step, act, csrf: fields.csrf };
    login::submit_factor(&app.broker, &flow, form, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}
