//! The page that a script of a flow shows, and its answer.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use usher_broker::login::script;
use usher_domain::RefusalCode;

use super::{ShowQuery, flow_id};
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::pages::PromptPage;
use crate::pages::paths::{self, routes};
use crate::state::App;

/// What stands before the names of the page's own fields, so that none of them is taken for ours.
const OWN: &str = "f_";

pub(super) fn routes() -> Router<App> {
    Router::new().route(routes::LOGIN_PROMPT, post(answer))
}

pub(super) fn page(app: &App, caller: &Caller, page: script::PromptPage, query: &ShowQuery) -> Response {
    let view = PromptPage {
        ui: query.ui(caller, &page.ui_locales),
        flow: page.flow,
        application: page.application,
        csrf: page.csrf,
        title: page.title,
        text: page.text,
        fields: page.fields,
    };
    query.respond(app, view, StatusCode::OK)
}

async fn answer(
    State(app): State<App>,
    Path(flow): Path<String>,
    caller: Caller,
    form: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let flow = flow_id(&app, &caller, flow)?;
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let csrf = fields.iter().find(|(name, _)| name == "csrf").map(|(_, value)| value.clone()).unwrap_or_default();
    let own = |(name, value): (String, String)| Some((name.strip_prefix(OWN)?.to_owned(), value));
    let fields = fields.into_iter().filter_map(own).collect();
    let answered = script::submit_prompt(&app.broker, &flow, (fields, &csrf), &caller.visitor).await;
    answered.map_err(|failure| caller.fail(&app, failure))?;
    Ok(see_other(&paths::login(&flow)))
}
