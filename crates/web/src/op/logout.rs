//! `/oauth2/logout` (RP-Initiated Logout 1.0) and the person's own sign-out.

use axum::body::Bytes;
use axum::extract::{Form, RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;
use usher_broker::Fault;
use usher_broker::logout::{self, LoggingOut};
use usher_domain::RefusalCode;
use usher_oidc_provider::params::Params;

use super::token::is_form;
use crate::caller::Caller;
use crate::error::{WebError, see_other};
use crate::pages::paths::routes;
use crate::pages::{Page, SignOutPage, SignedOutPage};
use crate::state::App;

const LONGEST: usize = 16 * 1024;

pub async fn get(State(app): State<App>, RawQuery(query): RawQuery, caller: Caller) -> Result<Response, WebError> {
    let params = Params::parse(query.unwrap_or_default().as_bytes())
        .map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let going = logout::start(&app.broker, &params, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    show(&app, &caller, going).await
}

/// Goes on as a GET, which carries the session cookie; see `authorize`.
pub async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    caller: Caller,
    body: Bytes,
) -> Result<Response, WebError> {
    let refuse = || caller.refuse(&app, RefusalCode::BadRequest);
    let text = std::str::from_utf8(&body).map_err(|_| refuse())?;
    let plain = text.bytes().all(|b| (0x21..0x7f).contains(&b));
    if (!is_form(&headers) && !text.is_empty()) || text.len() > LONGEST || !plain {
        return Err(refuse());
    }
    Ok(see_other(&format!("/oauth2/logout?{text}")))
}

pub async fn page(State(app): State<App>, caller: Caller) -> Result<Response, WebError> {
    let going = logout::ask(&app.broker, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    show(&app, &caller, going).await
}

async fn show(app: &App, caller: &Caller, going: LoggingOut) -> Result<Response, WebError> {
    match going {
        LoggingOut::Done { redirect } => {
            end_cookie(app, caller).await?;
            Ok(see_other(redirect.as_deref().unwrap_or(routes::SIGNED_OUT)))
        }
        LoggingOut::Ask { csrf, applications } => Ok(Page(SignOutPage {
            ui: caller.ui(),
            csrf,
            action: routes::LOGOUT.to_owned(),
            application: applications.into_iter().next(),
            fields: Vec::new(),
        })
        .into_response()),
    }
}

#[derive(Deserialize)]
pub struct Confirmation {
    #[serde(default)]
    csrf: String,
}

pub async fn confirm(
    State(app): State<App>,
    caller: Caller,
    form: Result<Form<Confirmation>, axum::extract::rejection::FormRejection>,
) -> Result<Response, WebError> {
    let Form(fields) = form.map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    logout::confirm(&app.broker, &fields.csrf, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    end_cookie(&app, &caller).await?;
    Ok(see_other(routes::SIGNED_OUT))
}

async fn end_cookie(app: &App, caller: &Caller) -> Result<(), WebError> {
    if caller.session.id().is_none() {
        return Ok(());
    }
    caller.session.flush().await.map_err(|fault| caller.fail(app, Fault::unreadable("session", fault)))
}

pub async fn signed_out(caller: Caller) -> Response {
    Page(SignedOutPage { ui: caller.ui(), back: None }).into_response()
}
