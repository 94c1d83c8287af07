//! `/oauth2/token` (RFC 6749 section 3.2).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use usher_broker::token::{self, TokenFailure};
use usher_oidc_provider::error::{ErrorCode, OAuthError};
use usher_oidc_provider::params::Params;

use crate::caller::bare_visitor;
use crate::error::chain;
use crate::state::App;

/// Whether the body is a form (charset parameters of other kinds than UTF-8 are refused, OAUTH-40).
pub fn is_form(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("application/x-www-form-urlencoded")
        && parts.all(|part| part.is_empty() || part == "charset=utf-8" || part == "charset=\"utf-8\"")
}

pub async fn post(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = bare_visitor(&parts, &app);
    let Ok(body) = axum::body::to_bytes(body, 64 * 1024).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let form = match read_form(&parts.headers, &body) {
        Ok(form) => form,
        Err(error) => return oauth_error(&error),
    };
    let authorization = parts.headers.get(header::AUTHORIZATION).map(|v| v.to_str().unwrap_or("invalid"));
    match token::exchange(&app.broker, authorization, &form, &visitor).await {
        Ok(tokens) => no_store(Json(tokens).into_response()),
        Err(TokenFailure::OAuth(error)) => {
            tracing::info!(code = error.code.as_str(), correlation = %visitor.correlation, "token request refused");
            oauth_error(&error)
        }
        Err(TokenFailure::Fault(fault)) => {
            tracing::error!(correlation = %visitor.correlation, fault = %chain(&fault), "token request failed");
            let unavailable = fault.code() == usher_domain::RefusalCode::Unavailable;
            let status = if unavailable { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
            let code = if unavailable { ErrorCode::TemporarilyUnavailable } else { ErrorCode::ServerError };
            let body =
                Json(OAuthError::new(code, "try again; if it stays, tell the help desk the correlation id").body());
            let mut response = no_store((status, body).into_response());
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
    }
}

fn read_form(headers: &HeaderMap, body: &Bytes) -> Result<Params, OAuthError> {
    if !is_form(headers) {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "send the parameters as application/x-www-form-urlencoded",
        ));
    }
    Params::parse(body).map_err(|fault| OAuthError::new(ErrorCode::InvalidRequest, fault.to_string()))
}

fn oauth_error(error: &OAuthError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = no_store((status, Json(error.body())).into_response());
    if let Some(challenge) = error.www_authenticate() {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

/// RFC 6749 section 5.1: neither stored nor cached.
pub fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
