//! The HTTP function that the caller lends us, and what every JSON answer must look like.
//!
//! This crate opens no connection. The caller's function applies time-outs, size caps and the address guard, and it
//! follows no redirect: here a 3xx answer is an answer of the wrong kind (OIDC-24).

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::check::printable;
use crate::json;

/// An HTTP request as it leaves us.
pub type Request = http::Request<Vec<u8>>;
/// An HTTP answer, complete.
pub type Response = http::Response<Vec<u8>>;
/// What an HTTP function returns.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, HttpFault>> + Send + 'a>>;

/// Outgoing HTTP, guarded by the caller.
pub trait Http: Send + Sync {
    /// Sends one request; redirects are not followed.
    fn call(&self, request: Request) -> Answer<'_>;
}

/// Why no answer came; the caller's own error.
#[derive(Debug)]
pub struct HttpFault(pub Box<dyn std::error::Error + Send + Sync>);

impl fmt::Display for HttpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for HttpFault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// A `GET` that asks for JSON.
pub(crate) fn get(url: &str) -> Result<Request, http::Error> {
    http::Request::get(url).header(ACCEPT, "application/json").body(Vec::new())
}

/// Asks, and takes a 5xx for what it is: a provider in trouble, not a wrong answer.
pub(crate) async fn ask(http: &dyn Http, request: Request) -> Result<Response, HttpFault> {
    let answer = http.call(request).await?;
    if answer.status().is_server_error() {
        return Err(HttpFault(format!("it answered HTTP status {}", answer.status().as_u16()).into()));
    }
    Ok(answer)
}

/// `200`, and in words what else it is.
pub(crate) fn expect_ok(response: &Response) -> Result<(), String> {
    let status = response.status();
    if status == StatusCode::OK {
        Ok(())
    } else if status.is_redirection() {
        let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
        Err(format!("a redirect to {} is not followed", printable(target)))
    } else {
        Err(format!("the provider answered HTTP status {}", status.as_u16()))
    }
}

/// `application/json` or a type that ends in `+json`.
pub(crate) fn expect_json(headers: &HeaderMap) -> Result<(), String> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json =
        media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    if is_json { Ok(()) } else { Err(format!("the answer is of type '{}', not JSON", printable(found))) }
}

/// The JSON object of an answer.
pub(crate) fn object(response: &Response) -> Result<Map<String, Value>, String> {
    json::object(response.body()).map_err(|fault| fault.to_string())
}
