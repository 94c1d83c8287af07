//! "Forgot password?": a name is typed, and the answer is the same for every name.

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use usher_broker::password_reset;
use usher_domain::RefusalCode;

use super::{ShowQuery, flow_id};
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{ForgotPage, ForgotStage};
use crate::state::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(routes::LOGIN_FORGOT, get(show).post(ask))
}

#[derive(Deserialize)]
struct SentQuery {
    sent: Option<String>,
}

async fn show(
    State(app): State<App>,
    Path(flow): Path<String>,
    Query(query): Query<ShowQuery>,
    Query(sent): Query<SentQuery>,
    caller: Caller,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let page =
        password_reset::page(&app.broker, &flow, &caller.visitor).await.map_err(|fault| caller.fail(&app, fault))?;
    let stage = match (app.broker.can_mail(), sent.sent) {
        (false, _) => ForgotStage::Unavailable,
        (true, None) => ForgotStage::Asking,
        (true, Some(_)) => ForgotStage::Sent,
    };
    let view = ForgotPage {
        ui: query.ui(&caller, &page.ui_locales),
        flow,
        application: page.application,
        csrf: page.csrf,
        stage,
        minutes: password_reset::MINUTES,
        errors: FormErrors::none(),
    };
    Ok(query.respond(&app, view, StatusCode::OK))
}

#[derive(Deserialize)]
struct ForgotFields {
    #[serde(default)]
    username: String,
    #[serde(default)]
    csrf: String,
}

async fn ask(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Result<Form<ForgotFields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let form = (fields.username.as_str(), fields.csrf.as_str());
    password_reset::ask(&app.broker, &flow, form, &caller.visitor).await.map_err(|fault| caller.fail(&app, fault))?;
    Ok(see_other(&format!("{}?sent=1", paths::login_at(routes::LOGIN_FORGOT, &flow))))
}
