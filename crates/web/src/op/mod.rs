//! The endpoints that applications use: `OpenID` provider towards them.

mod authorize;
mod cors;
mod documents;
mod logout;
mod token;
mod userinfo;

use axum::Router;
use axum::routing::{get, post};

use crate::state::App;

pub use cors::layer as cors_layer;

/// Endpoints that browsers visit.
pub fn browser_routes() -> Router<App> {
    Router::new()
        .route("/oauth2/authorize", get(authorize::get).post(authorize::post))
        .route("/oauth2/logout", get(logout::get).post(logout::post))
        .route("/logout", get(logout::page).post(logout::confirm))
        .route("/signed-out", get(logout::signed_out))
}

/// Endpoints that applications call.
pub fn api_routes() -> Router<App> {
    Router::new()
        .route("/.well-known/openid-configuration", get(documents::discovery))
        .route("/.well-known/oauth-authorization-server", get(documents::discovery))
        .route("/oauth2/jwks", get(documents::jwks))
        .route("/oauth2/token", post(token::post))
        .route("/oauth2/userinfo", get(userinfo::get).post(userinfo::post))
}
