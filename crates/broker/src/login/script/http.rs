//! `httpGet` and `httpPost`: to hosts that an admin listed, nowhere else, within little time and size (SCRIPT-12, SCRIPT-13).
//!
//! Private addresses, redirects and ambient credentials are the business of the outgoing client, which knows none of
//! them. An answer of 5xx is asked for again, under the same idempotency key.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, Uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;
use usher_connectors::FetchError;
use usher_flow_script::{HttpAnswer, HttpAuth, HttpCall};
use usher_login_flow::LoginFlow;

use super::program::allowed_hosts;
use crate::broker::Broker;
use crate::failure::Fault;

/// Until the answer is complete, all attempts together.
const WITHIN: Duration = Duration::from_secs(5);
/// The same for all calls of one sign-in, and how many there are at most.
const ALL_WITHIN: Duration = Duration::from_secs(10);
const CALLS: u32 = 5;
/// Largest body, in bytes.
const BODY: usize = 256 << 10;
/// Attempts: one, and two more after 5xx.
const ATTEMPTS: usize = 3;
/// Headers that a script does not write: they belong to the connection, or to a browser.
const REFUSED: [&str; 8] =
    ["host", "content-length", "transfer-encoding", "connection", "upgrade", "cookie", "te", "idempotency-key"];

/// What the calls of one sign-in cost so far, runs that were taken back included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Spent {
    calls: u32,
    ms: u64,
}

impl Spent {
    /// How long the next call may take; none: no call is left.
    fn next(&mut self) -> Option<Duration> {
        let left = ALL_WITHIN.saturating_sub(Duration::from_millis(self.ms)).min(WITHIN);
        self.calls = self.calls.saturating_add(1);
        (self.calls <= CALLS && !left.is_zero()).then_some(left)
    }
}

/// Makes a call; what goes wrong is an answer too.
pub(super) async fn call(
    broker: &Broker,
    flow: &LoginFlow,
    call: &HttpCall,
    spent: &mut Spent,
) -> Result<HttpAnswer, Fault> {
    let Some(within) = spent.next() else { return Ok(HttpAnswer::TimedOut) };
    let hosts = allowed_hosts(broker).await?;
    let key = format!("{}-{}", flow.id(), call.number);
    let began = Instant::now();
    let answered = tokio::time::timeout(within, asked(broker, &hosts, call, &key)).await;
    let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    spent.ms = spent.ms.saturating_add(took);
    let answer = answered.unwrap_or(HttpAnswer::TimedOut);
    let host = Url::parse(&call.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    tracing::info!(application = %flow.request().application, %host, method = call.method, answer = word(&answer), "a script asked a host");
    Ok(answer)
}

/// How a call ended, for the log: never its body.
fn word(answer: &HttpAnswer) -> &'static str {
    match answer {
        HttpAnswer::Ok { .. } => "ok",
        HttpAnswer::Failed { .. } => "failed",
        HttpAnswer::TimedOut => "timed_out",
    }
}

async fn asked(broker: &Broker, hosts: &[String], call: &HttpCall, key: &str) -> HttpAnswer {
    let refused = HttpAnswer::Failed { status: None };
    let Some(target) = listed(broker, hosts, &call.url) else { return refused };
    let Some(mut headers) = headers(call) else { return refused };
    if let Some(auth) = &call.auth {
        match authorization(broker, hosts, auth).await {
            Ok((name, value)) => drop(headers.insert(name, value)),
            Err(answer) => return answer,
        }
    }
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(HeaderName::from_static("idempotency-key"), key);
    }
    let Some(body) = body(call, &mut headers) else { return refused };
    let mut last = refused;
    for _ in 0..ATTEMPTS {
        let mut request = Request::new(body.clone());
        *request.method_mut() = if call.method == "POST" { http::Method::POST } else { http::Method::GET };
        request.uri_mut().clone_from(&target);
        request.headers_mut().clone_from(&headers);
        match broker.fetch.fetch(request).await {
            Ok(answer) if answer.status().is_server_error() => {
                last = HttpAnswer::Failed { status: Some(answer.status().as_u16()) };
            }
            Ok(answer) => return read(&answer),
            Err(FetchError::Timeout) => return HttpAnswer::TimedOut,
            Err(_) => return HttpAnswer::Failed { status: None },
        }
    }
    last
}

/// The address as it was judged, if its host is on the list, exactly: `api.test`, or `api.test:8443` where the port is not
/// the usual one. What is sent is what was judged, never the script's text read a second time. Usher itself is nobody to
/// ask, listed or not: it would answer as to a neighbour.
fn listed(broker: &Broker, hosts: &[String], url: &str) -> Option<Uri> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let name = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let bare = url.username().is_empty() && url.password().is_none() && matches!(url.scheme(), "https" | "http");
    let own = Url::parse(broker.public_url()).is_ok_and(|own| own.origin() == url.origin());
    if !bare || own || !hosts.iter().any(|listed| listed.eq_ignore_ascii_case(&name)) {
        return None;
    }
    let target: Uri = url.as_str().parse().ok()?;
    (target.host() == Some(host) && target.port_u16() == url.port()).then_some(target)
}

fn headers(call: &HttpCall) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in &call.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if REFUSED.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
            return None;
        }
        headers.insert(name, HeaderValue::from_str(value).ok()?);
    }
    Some(headers)
}

fn body(call: &HttpCall, headers: &mut HeaderMap) -> Option<Vec<u8>> {
    let Some(payload) = call.payload.as_ref().filter(|_| call.method == "POST") else { return Some(Vec::new()) };
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let fields = payload.as_object()?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            form.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        return Some(form.finish().into_bytes());
    }
    if kind.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    match payload {
        Value::String(text) if !kind.is_empty() && !kind.contains("json") => Some(text.clone().into_bytes()),
        _ => serde_json::to_vec(payload).ok(),
    }
}

/// The header that authenticates. Its value is marked as one not to be printed.
async fn authorization(
    broker: &Broker,
    hosts: &[String],
    auth: &HttpAuth,
) -> Result<(HeaderName, HeaderValue), HttpAnswer> {
    let refused = HttpAnswer::Failed { status: None };
    let (name, text) = match auth {
        HttpAuth::Basic { username, password } => (AUTHORIZATION, basic(username, password)),
        HttpAuth::Bearer { token } => (AUTHORIZATION, format!("Bearer {token}")),
        HttpAuth::ApiKey { header, value } => {
            let name = HeaderName::from_bytes(header.as_bytes()).ok().filter(|name| !REFUSED.contains(&name.as_str()));
            (name.ok_or_else(|| refused.clone())?, value.clone())
        }
        HttpAuth::ClientCredential { client_id, client_secret, token_endpoint, scope } => {
            let secret = (client_id.as_str(), client_secret.as_str());
            let token = token(broker, hosts, (token_endpoint, secret, scope.as_deref())).await?;
            (AUTHORIZATION, format!("Bearer {token}"))
        }
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| refused)?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// OAuth 2.0 client credentials (RFC 6749 section 4.4); the token endpoint must be on the list too.
async fn token(
    broker: &Broker,
    hosts: &[String],
    (endpoint, (id, secret), scope): (&str, (&str, &str), Option<&str>),
) -> Result<String, HttpAnswer> {
    let refused = || HttpAnswer::Failed { status: None };
    let endpoint = listed(broker, hosts, endpoint).ok_or_else(refused)?;
    let request = Request::post(endpoint)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, basic(id, secret))
        .body(grant(scope));
    let answer = match broker.fetch.fetch(request.map_err(|_| refused())?).await {
        Ok(answer) => answer,
        Err(FetchError::Timeout) => return Err(HttpAnswer::TimedOut),
        Err(_) => return Err(refused()),
    };
    match read(&answer) {
        HttpAnswer::Ok { body } => {
            body.get("access_token").and_then(Value::as_str).map(str::to_owned).ok_or_else(refused)
        }
        other => Err(other),
    }
}

fn grant(scope: Option<&str>) -> Vec<u8> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = scope {
        form.append_pair("scope", scope);
    }
    form.finish().into_bytes()
}

/// JSON where it is JSON, text otherwise; too much of it is a failure.
fn read(answer: &Response<Vec<u8>>) -> HttpAnswer {
    let status = Some(answer.status().as_u16());
    if !answer.status().is_success() || answer.body().len() > BODY {
        return HttpAnswer::Failed { status };
    }
    match std::str::from_utf8(answer.body()) {
        Ok(text) => {
            HttpAnswer::Ok { body: serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())) }
        }
        Err(_) => HttpAnswer::Failed { status },
    }
}
