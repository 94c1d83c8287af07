//! `/oauth2/authorize`: by GET, and by POST from another site (OIDC Core section 3.1.2.1).

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use usher_broker::authorize::{self, Started};
use usher_broker::{AnswerToApplication, Refusal};
use usher_domain::{ApplicationId, RefusalCode};
use usher_oidc_provider::params::Params;

use super::token::is_form;
use crate::caller::Caller;
use crate::error::{WebError, see_other, with_cookie};
use crate::login::answer_application;
use crate::pages::paths;
use crate::state::App;

/// Longest request, in bytes, by GET or by POST (which goes on as a GET).
const LONGEST: usize = 16 * 1024;

pub async fn get(State(app): State<App>, RawQuery(query): RawQuery, caller: Caller) -> Result<Response, WebError> {
    let query = query.unwrap_or_default();
    if query.len() > LONGEST {
        return Err(caller.refuse(&app, RefusalCode::BadRequest));
    }
    let params = Params::parse(query.as_bytes()).map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let started = authorize::start(&app.broker, &params, &caller.visitor).await.map_err(|f| caller.fail(&app, f))?;
    match started {
        Started::Login { flow, browser } => {
            let response = see_other(&paths::login(&flow));
            Ok(match browser {
                Some(value) => with_cookie(response, &app.cookies.set_browser(&value)),
                None => response,
            })
        }
        Started::Answer(answer) => {
            let application = params.get("client_id").and_then(|id| ApplicationId::parse(id).ok());
            let Some(application) = application else {
                return Err(caller.refuse(&app, RefusalCode::BadRequest));
            };
            answer_application(&app, &caller, AnswerToApplication::plain(answer, application)).await
        }
    }
}

/// A POST from another site carries no `Lax` cookie. It goes on as a GET, which carries them; parameters in query and
/// body stay side by side, so that one that stands in both is still seen twice (OAUTH-03).
pub async fn post(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    caller: Caller,
    body: Bytes,
) -> Result<Response, WebError> {
    let query = query.unwrap_or_default();
    let refuse = || {
        caller.fail(&app, Refusal::bare(RefusalCode::BadRequest, caller.visitor.correlation.clone(), app.broker.now()))
    };
    if !is_form(&headers) || body.len() + query.len() > LONGEST {
        return Err(refuse());
    }
    let body = std::str::from_utf8(&body).map_err(|_| refuse())?;
    if body.bytes().any(|b| !(0x21..0x7f).contains(&b)) {
        return Err(refuse());
    }
    let joined: Vec<&str> = [query.as_str(), body].into_iter().filter(|part| !part.is_empty()).collect();
    Ok(see_other(&format!("/oauth2/authorize?{}", joined.join("&"))))
}
