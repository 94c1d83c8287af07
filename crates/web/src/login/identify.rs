//! The page that first asks who the person is; where they go from there is the broker's word.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use usher_broker::login;
use usher_domain::RefusalCode;

use super::{ShowQuery, flow_id, passkey, status_with, ways};
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::forms::FormErrors;
use crate::pages::IdentifyPage;
use crate::pages::paths::{self, routes};
use crate::state::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(routes::LOGIN_IDENTIFY, post(identify))
}

pub(super) fn page(app: &App, caller: &Caller, page: login::SignInPage, query: &ShowQuery) -> Response {
    let ui = query.ui(caller, &page.ui_locales);
    let mut errors = FormErrors::none();
    let passkey = passkey::question(&ui, page.passkey, &mut errors);
    let status = status_with(&errors);
    let view = IdentifyPage {
        ui,
        flow: page.flow,
        application: page.application,
        csrf: page.csrf,
        identifier: page.username.unwrap_or_default(),
        ways: ways(page.connections, &query.find),
        step: page.step.into(),
        passkey,
        errors,
    };
    query.respond(app, view, status)
}

#[derive(Deserialize)]
struct IdentifyFields {
    #[serde(default)]
    identifier: String,
    #[serde(default)]
    csrf: String,
}

async fn identify(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Result<Form<IdentifyFields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let form = (fields.identifier.as_str(), fields.csrf.as_str());
    login::identify(&app.broker, &flow, form, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    Ok(see_other(&paths::login(&flow)))
}
