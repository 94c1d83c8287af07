//! The shop: the smallest application that does it right. Authorization code with PKCE, `state`, `nonce` and `iss`
//! (OIDC Core 3.1, RFC 7636, RFC 9207), the ID token checked, refresh, RP-initiated sign-out. It keeps its visitors in
//! memory and talks plain HTTP on loopback only.

mod pages;
mod provider;
mod visitors;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::net::TcpListener;

use self::provider::{Provider, ProviderError, SignIn};
use self::visitors::{Visitor, Visitors};
use crate::parties::{Parties, SHOP_CLIENT_ID, SHOP_CLIENT_SECRET};

/// Why the shop is not there (any more).
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("its server ended")]
    Ended,
}

struct Shop {
    provider: Provider,
    visitors: Visitors,
    cookie: String,
}

type Shared = State<Arc<Shop>>;

/// Listens, and gives back the future that serves; it only ends when the server does.
pub async fn open(port: u16, parties: &Parties) -> Result<impl Future<Output = ShopError> + use<>, ShopError> {
    let shop = Arc::new(Shop {
        provider: Provider::new(&parties.usher, &parties.shop, SHOP_CLIENT_ID, SHOP_CLIENT_SECRET)?,
        visitors: Visitors::default(),
        cookie: format!("demo-shop-{port}"),
    });
    let routes = Router::new()
        .route("/", get(home))
        .route("/style.css", get(style))
        .route("/sign-in", get(sign_in))
        .route("/callback", get(callback))
        .route("/refresh", post(refresh))
        .route("/sign-out", post(sign_out))
        .with_state(shop);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(async move {
        match serving.await {
            Ok(Err(fault)) => ShopError::Io(fault),
            _ => ShopError::Ended,
        }
    })
}

async fn home(State(shop): Shared, headers: HeaderMap) -> Response {
    let visitor = shop.visitors.find(&headers, &shop.cookie);
    page(StatusCode::OK, pages::home(visitor.as_ref().and_then(|(_, visitor)| visitor.account.as_ref())))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../templates/shop.css"))
}

#[derive(Deserialize)]
struct SignInQuery {
    /// Passed on as the hint for a connection: `?idp=acme` goes straight there.
    idp: Option<String>,
}

async fn sign_in(State(shop): Shared, Query(query): Query<SignInQuery>) -> Response {
    match shop.provider.begin(query.idp.as_deref()).await {
        Ok(SignIn { url, pending }) => {
            let id = shop.visitors.insert(Visitor { pending: Some(pending), account: None });
            see_other(&url, Some(cookie(&shop.cookie, &id)))
        }
        Err(fault) => refused(&fault),
    }
}

#[derive(Deserialize)]
struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(State(shop): Shared, headers: HeaderMap, Query(query): Query<CallbackQuery>) -> Response {
    // The visit ends here whatever comes: state, nonce and verifier are good for one answer.
    let pending = shop.visitors.take(&headers, &shop.cookie).and_then(|visitor| visitor.pending);
    let Some(pending) = pending else { return refused(&ProviderError::NotStarted) };
    let answer = provider::Answer {
        code: query.code,
        state: query.state,
        issuer: query.iss,
        error: query.error.map(|code| [Some(code), query.error_description].into_iter().flatten().collect::<Vec<_>>()),
    };
    match shop.provider.complete(pending, answer).await {
        Ok(account) => {
            // A new id for a signed-in visitor: an id planted before the sign-in is worth nothing after it.
            let id = shop.visitors.insert(Visitor { pending: None, account: Some(account) });
            see_other("/", Some(cookie(&shop.cookie, &id)))
        }
        Err(fault) => refused(&fault),
    }
}

async fn refresh(State(shop): Shared, headers: HeaderMap) -> Response {
    let Some((id, Visitor { account: Some(account), .. })) = shop.visitors.find(&headers, &shop.cookie) else {
        return see_other("/", None);
    };
    match shop.provider.refresh(account).await {
        Ok(account) => {
            shop.visitors.replace(&id, Visitor { pending: None, account: Some(account) });
            see_other("/", None)
        }
        Err(fault) => refused(&fault),
    }
}

async fn sign_out(State(shop): Shared, headers: HeaderMap) -> Response {
    let account = shop.visitors.take(&headers, &shop.cookie).and_then(|visitor| visitor.account);
    let Some(account) = account else { return see_other("/", None) };
    match shop.provider.sign_out_url(&account).await {
        Ok(url) => see_other(&url, Some(format!("{}=; Path=/; Max-Age=0", shop.cookie))),
        Err(fault) => refused(&fault),
    }
}

fn cookie(name: &str, id: &str) -> String {
    format!("{name}={id}; Path=/; HttpOnly; SameSite=Lax")
}

fn see_other(url: &str, cookie: Option<String>) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, url)]).into_response();
    if let Some(value) = cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

fn refused(fault: &ProviderError) -> Response {
    page(StatusCode::BAD_GATEWAY, pages::refused(&fault.to_string()))
}

fn page(status: StatusCode, rendered: Result<String, askama::Error>) -> Response {
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    match rendered {
        Ok(html) => {
            let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, policy)];
            (status, headers, html).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
