//! In and out of the console: the return from Usher's own OpenID provider, and the sign-out.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use http::HeaderMap;
use usher_broker::Fault;
use usher_broker::console::sign_in::{self, SignedIn};
use usher_domain::{RefusalCode, SessionId};
use usher_oidc_provider::params::Params;
use usher_storage::session_rows::{SID_KEY, USER_KEY};

use super::session::{ADMIN_KEY, Answer, Holder, Posted, Stop};
use crate::caller::Caller;
use crate::error::{see_other, with_cookie};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    let home = || async { see_other(routes::HOME) };
    Router::new()
        .route("/console/", get(home))
        .route(routes::CONSOLE_CALLBACK, get(callback))
        .route(routes::SIGN_OUT, get(home).post(sign_out))
}

async fn callback(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap, caller: Caller) -> Answer {
    let params = Params::parse(query.unwrap_or_default().as_bytes())
        .map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let waiting = app.cookies.value(&headers, &app.cookies.waiting);
    let signed_in = sign_in::complete(&app.broker, waiting.as_deref(), &params, &caller.visitor)
        .await
        .map_err(|failure| caller.fail(&app, failure))?;
    open_session(&app, &caller, &signed_in).await?;
    Ok(with_cookie(see_other(&signed_in.return_to), &app.cookies.clear_waiting()))
}

/// A new session under a new id, whatever the browser had before (SESS-01).
async fn open_session(app: &App, caller: &Caller, signed_in: &SignedIn) -> Result<(), Stop> {
    let user = signed_in.admin.user.id.clone();
    let sid = SessionId::random(app.broker.entropy()).as_str().to_owned();
    let opened = async {
        caller.session.flush().await?;
        caller.session.insert(USER_KEY, user.as_str()).await?;
        caller.session.insert(SID_KEY, sid.as_str()).await?;
        caller.session.insert(ADMIN_KEY, Holder { user: user.clone(), sid: sid.clone() }).await
    };
    opened.await.map_err(|fault| caller.fail(app, Fault::unreadable("session", fault)).into())
}

async fn sign_out(posted: Posted) -> Answer {
    let console = posted.console;
    let ended = console.caller.session.flush().await;
    ended.map_err(|fault| console.fail(Fault::unreadable("session", fault)))?;
    Ok(see_other(routes::LOGOUT))
}
