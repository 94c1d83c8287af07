//! In and out of the account page: the return from Usher's own OpenID provider, a sign-in as somebody else, the sign-out.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use usher_broker::Fault;
use usher_broker::account::sign_in::{self, Completed, Demand};
use usher_broker::logout;
use usher_domain::{ConnectionId, RefusalCode};
use usher_oidc_provider::params::Params;

use super::session::{Answer, Posted, begin};
use crate::caller::Caller;
use crate::error::{WebError, see_other, with_cookie};
use crate::pages::Page;
use crate::pages::account::WithoutAccountPage;
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    let home = || async { see_other(routes::ACCOUNT) };
    Router::new()
        .route("/account/", get(home))
        .route(routes::ACCOUNT_CALLBACK, get(callback))
        .route(routes::ACCOUNT_SIGN_IN, get(another))
        .route(routes::ACCOUNT_SIGN_OUT, get(home).post(sign_out))
}

async fn callback(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, WebError> {
    let params = Params::parse(query.unwrap_or_default().as_bytes())
        .map_err(|_| caller.refuse(&app, RefusalCode::BadRequest))?;
    let waiting = app.cookies.value(&headers, &app.cookies.account_waiting);
    let completed = sign_in::complete(&app.broker, waiting.as_deref(), &params, &caller.visitor)
        .await
        .map_err(|failure| caller.fail(&app, failure))?;
    let cleared = |response| with_cookie(response, &app.cookies.clear_account_waiting());
    Ok(match completed {
        Completed::In { ticket, return_to, form_lost } => {
            let response = with_cookie(see_other(&return_to), &app.cookies.set_account(&ticket));
            let again = app.cookies.set_flash("account-flash-signed-in-again");
            cleared(if form_lost { with_cookie(response, &again) } else { response })
        }
        Completed::Next(leg) => with_cookie(see_other(&leg.location), &app.cookies.set_account_waiting(&leg.cookie)),
        Completed::WithoutAccount(connection) => cleared(without_account(&app, &caller, connection)),
    })
}

fn without_account(app: &App, caller: &Caller, connection: Option<ConnectionId>) -> Response {
    let snapshot = app.broker.snapshot();
    let known = connection.and_then(|id| snapshot.connections.get(&id).map(|c| c.connection.name.clone()));
    let view = WithoutAccountPage {
        ui: caller.ui(),
        connection: known.unwrap_or_default(),
        again: routes::ACCOUNT_SIGN_IN.to_owned(),
        sign_out: routes::LOGOUT.to_owned(),
    };
    (StatusCode::FORBIDDEN, Page(view)).into_response()
}

async fn another(State(app): State<App>, caller: Caller) -> Response {
    begin(&app, &caller, routes::ACCOUNT, Demand::Fresh).into_response()
}

async fn sign_out(posted: Posted) -> Answer {
    let account = posted.account;
    logout::end(account.broker(), account.visitor()).await.map_err(|fault| account.fail(fault))?;
    let ended = account.caller.session.flush().await;
    ended.map_err(|fault| account.fail(Fault::unreadable("session", fault)))?;
    Ok(with_cookie(see_other(routes::SIGNED_OUT), &account.app.cookies.clear_account()))
}
