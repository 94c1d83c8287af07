//! `/oauth2/userinfo` by GET and POST (OIDC Core section 5.3).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use usher_broker::userinfo::{UserInfoFailure, userinfo};
use usher_oidc_provider::bearer::BearerError;
use usher_oidc_provider::params::Params;

use super::token::{is_form, no_store};
use crate::error::chain;
use crate::state::App;

pub async fn get(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    answer(&app, &headers, query.unwrap_or_default().as_bytes(), b"").await
}

pub async fn post(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let form: &[u8] = if is_form(&headers) { &body } else { b"" };
    answer(&app, &headers, query.unwrap_or_default().as_bytes(), form).await
}

async fn answer(app: &App, headers: &HeaderMap, query: &[u8], form: &[u8]) -> Response {
    let (Ok(query), Ok(form)) = (Params::parse(query), Params::parse(form)) else {
        return refused(BearerError::Malformed);
    };
    let authorization = headers.get(header::AUTHORIZATION).map(|v| v.to_str().unwrap_or("invalid"));
    match userinfo(&app.broker, authorization, &query, &form).await {
        Ok(claims) => no_store(Json(claims).into_response()),
        Err(UserInfoFailure::Bearer(error)) => refused(error),
        Err(UserInfoFailure::Fault(fault)) => {
            tracing::error!(fault = %chain(&fault), "userinfo failed");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn refused(error: BearerError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let mut response = match error.body() {
        Some(body) => (status, Json(body)).into_response(),
        None => status.into_response(),
    };
    if let Ok(value) = HeaderValue::from_str(&error.www_authenticate()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    no_store(response)
}
