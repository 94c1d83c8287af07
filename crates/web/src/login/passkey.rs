//! Passkeys in a sign-in: one form for all of them; every answer ends at the dispatcher.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use serde::Deserialize;
use usher_broker::login::{self, AskedFor, FactorView, PasskeyForm, PasskeyOffer};
use usher_domain::RefusalCode;

use super::{ShowQuery, factors, flow_id, status_with};
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{PasskeyPage, PasskeyTask, Ui, device_name};
use crate::state::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(routes::LOGIN_PASSKEY, post(submit))
}

/// The page of a step whose person is known.
pub(super) fn page(app: &App, caller: &Caller, view: FactorView, query: &ShowQuery) -> Response {
    let ui = query.ui(caller, &view.ui_locales);
    let mut errors = FormErrors::none();
    let ways = factors::ways(&ui, &view, &mut errors);
    let (options, task) = match view.asked {
        AskedFor::NewPasskey(options) => {
            (options, PasskeyTask::SetUp { name: device_name(&ui, caller.visitor.agent.as_deref()) })
        }
        AskedFor::Passkey(options) => (options, PasskeyTask::Prove),
        _ => {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    if view.rejected {
        errors.add("passkey", ui.t("error-passkey"));
    }
    let status = status_with(&errors);
    let shown = PasskeyPage {
        ui,
        flow: view.flow,
        application: view.application,
        csrf: view.csrf,
        step: view.step,
        options,
        task,
        ways,
        remember_days: view.remember_days,
        errors,
    };
    query.respond(app, shown, status)
}

/// The question on a page that asks who the person is; a wrong answer is named there.
pub(super) fn question(ui: &Ui, offer: Option<PasskeyOffer>, errors: &mut FormErrors) -> Option<String> {
    let offer = offer?;
    if offer.rejected && !errors.any() {
        errors.add("passkey", ui.t("error-passkey"));
    }
    Some(offer.options)
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    step: u8,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    remember: String,
}

async fn submit(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Result<Form<Fields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let remember = !fields.remember.is_empty();
    let form = PasskeyForm { step: fields.step, answer: fields.answer, name: fields.name, remember, csrf: fields.csrf };
    login::submit_passkey(&app.broker, &flow, form, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}
