//! Exchanges the code (OIDC Core 3.1.3) and checks what the token endpoint answers before anything in it is read.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use ::http::header::CONTENT_TYPE;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{Client, StandardRevocableToken};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields, OAuth2TokenResponse,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::check::printable;
use crate::client_auth::AssertionFacts;
use crate::http::{self, Http, Request, Response};
use crate::json as strict;
use crate::{Checks, ClientCredentials, Code, OidcError, Phase};

/// One code to be exchanged.
#[derive(Debug, Clone, Copy)]
pub struct CodeExchange<'a> {
    /// The provider's token endpoint.
    pub endpoint: &'a str,
    /// The provider's issuer identifier.
    pub issuer: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// How we authenticate.
    pub credentials: &'a ClientCredentials,
    /// The redirect URI of the authorization request, byte for byte.
    pub redirect_uri: &'a str,
    /// The code.
    pub code: &'a Code,
    /// The PKCE code verifier, if a challenge was sent.
    pub pkce_verifier: Option<&'a str>,
    /// A random value for `private_key_jwt`.
    pub jti: &'a str,
}

/// What the token endpoint gave; does not print itself. The ID token is not checked yet.
#[derive(Clone)]
pub struct Tokens {
    /// For the userinfo endpoint.
    pub(crate) access_token: String,
    /// Compact serialisation.
    pub(crate) id_token: String,
}

impl Tokens {
    /// The ID token as it was sent; empty from a provider that speaks plain OAuth 2.0.
    pub fn id_token(&self) -> &str {
        &self.id_token
    }

    /// A text claim of the ID token *before any check*: fit to choose by which rules the token is checked, and for
    /// nothing else.
    pub fn unchecked_text(&self, claim: &str) -> Option<String> {
        let payload = self.id_token.split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        strict::object(&payload).ok()?.get(claim)?.as_str().map(str::to_owned)
    }
}

/// What the token endpoint must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    IdToken,
    AccessToken,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// The ID token stays text here: the library's own type would parse its claims before a single check was made.
#[derive(Debug, Serialize, Deserialize)]
struct IdTokenText {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenText {}

type CodeClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<IdTokenText, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// Longest token accepted, in bytes.
const LONGEST_TOKEN: usize = 128 * 1024;

/// Sends the code to the token endpoint; the answer must carry an ID token.
pub async fn exchange(
    http: &dyn Http,
    exchange: &CodeExchange<'_>,
    now: DateTime<Utc>,
    checks: &mut Checks,
) -> Result<Tokens, OidcError> {
    send(http, exchange, (Expected::IdToken, now), checks).await
}

/// Sends the code to the token endpoint of a provider that speaks plain OAuth 2.0 (RFC 6749 section 4.1.3). An ID token
/// that comes along is left unread: nobody checked it.
pub async fn exchange_plain(
    http: &dyn Http,
    exchange: &CodeExchange<'_>,
    now: DateTime<Utc>,
    checks: &mut Checks,
) -> Result<Tokens, OidcError> {
    send(http, exchange, (Expected::AccessToken, now), checks).await
}

async fn send(
    http: &dyn Http,
    exchange: &CodeExchange<'_>,
    (expected, now): (Expected, DateTime<Utc>),
    checks: &mut Checks,
) -> Result<Tokens, OidcError> {
    checks.enter(Phase::Token);
    let mut client = CodeClient::new(ClientId::new(exchange.client_id.to_owned()))
        .set_token_uri(TokenUrl::new(exchange.endpoint.to_owned()).map_err(|_| misconfigured("token endpoint"))?);
    let mut assertion = None;
    client = match exchange.credentials {
        ClientCredentials::Basic(secret) => client.set_auth_type(AuthType::BasicAuth).set_client_secret(secret.clone()),
        ClientCredentials::Post(secret) => {
            client.set_auth_type(AuthType::RequestBody).set_client_secret(secret.clone())
        }
        ClientCredentials::None => client.set_auth_type(AuthType::RequestBody),
        ClientCredentials::SignedSecret { key, team } => {
            let facts = AssertionFacts { client_id: exchange.client_id, issuer: exchange.issuer, jti: exchange.jti };
            let secret = key.client_secret(team, facts, now).ok_or_else(|| misconfigured("private key"))?;
            client.set_auth_type(AuthType::RequestBody).set_client_secret(ClientSecret::new(secret))
        }
        ClientCredentials::PrivateKey(key) => {
            let facts = AssertionFacts { client_id: exchange.client_id, issuer: exchange.issuer, jti: exchange.jti };
            assertion = Some(key.assertion(facts, now).ok_or_else(|| misconfigured("private key"))?);
            client.set_auth_type(AuthType::RequestBody)
        }
    };
    let redirect = RedirectUrl::new(exchange.redirect_uri.to_owned()).map_err(|_| misconfigured("redirect URI"))?;
    let mut request = client
        .exchange_code(AuthorizationCode::new(exchange.code.as_str().to_owned()))
        .set_redirect_uri(Cow::Owned(redirect));
    if let Some(verifier) = exchange.pkce_verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
    }
    if let Some(assertion) = assertion {
        request = request
            .add_extra_param("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .add_extra_param("client_assertion", assertion);
    }
    let guard = Guard { http, expected, checks: Mutex::default() };
    let outcome = request.request_async(&guard).await;
    checks.absorb(guard.checks.into_inner().unwrap_or_else(PoisonError::into_inner));
    let answer = match outcome {
        Ok(answer) => answer,
        Err(RequestTokenError::Request(fault)) => return Err(fault),
        Err(_) => return Err(checks.fail("token_response", "the answer is not a token response")),
    };
    let id_token = answer.extra_fields().id_token.clone().unwrap_or_default();
    Ok(Tokens { access_token: answer.access_token().secret().clone(), id_token })
}

fn misconfigured(what: &str) -> OidcError {
    OidcError::Misconfigured { phase: Phase::Token, detail: format!("the {what} cannot be used") }
}

/// The HTTP function that the library calls: it lets through only what our own checks have seen. What we do not use
/// (`expires_in`, `scope`, ...) stays behind, so that a provider that writes it oddly can still be used.
struct Guard<'a> {
    http: &'a dyn Http,
    expected: Expected,
    checks: Mutex<Checks>,
}

impl<'c> AsyncHttpClient<'c> for Guard<'_> {
    type Error = OidcError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OidcError>> + Send + 'c>>;

    fn call(&'c self, request: Request) -> Self::Future {
        Box::pin(async move {
            let answer = http::ask(self.http, request).await.map_err(OidcError::unreachable(Phase::Token))?;
            let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
            checks.enter(Phase::Token);
            vetted(&check_answer(&answer, self.expected, &mut checks)?)
        })
    }
}

/// RFC 6749 section 5.1, OIDC Core 3.1.3.3 and 3.1.3.5.
fn check_answer(answer: &Response, expected: Expected, checks: &mut Checks) -> Result<Tokens, OidcError> {
    let status = match refusal_of(answer) {
        Some(words) => Err(words),
        None => http::expect_ok(answer),
    };
    checks.attempt("status", status)?;
    checks.attempt("content_type", http::expect_json(answer.headers()))?;
    let object = checks.attempt("json", http::object(answer))?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    // RFC 6749 section 5.1: the value is case-insensitive.
    checks.require("token_type", text("token_type").eq_ignore_ascii_case("bearer"), || {
        format!("expected Bearer, found '{}'", printable(text("token_type")))
    })?;
    let access_token = text("access_token");
    let access_ok = (1..=LONGEST_TOKEN).contains(&access_token.len())
        && access_token.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    checks.require("access_token", access_ok, || "there is no usable access token".to_owned())?;
    if expected == Expected::AccessToken {
        return Ok(Tokens { access_token: access_token.to_owned(), id_token: String::new() });
    }
    let id_token = text("id_token");
    checks.require("id_token", (1..=LONGEST_TOKEN).contains(&id_token.len()), || {
        "there is no ID token; is 'openid' among the scopes?".to_owned()
    })?;
    Ok(Tokens { access_token: access_token.to_owned(), id_token: id_token.to_owned() })
}

/// The checked members as an answer of their own.
fn vetted(tokens: &Tokens) -> Result<Response, OidcError> {
    let id_token = Some(&tokens.id_token).filter(|token| !token.is_empty());
    let body = json!({ "access_token": tokens.access_token, "token_type": "bearer", "id_token": id_token });
    let answer = ::http::Response::builder().header(CONTENT_TYPE, "application/json");
    answer.body(body.to_string().into_bytes()).map_err(|_| misconfigured("token response"))
}

/// What an error answer of the token endpoint says (RFC 6749 section 5.2).
fn refusal_of(answer: &Response) -> Option<String> {
    // GitHub refuses with 200.
    let status = answer.status();
    let may_refuse = status.is_client_error() || status == ::http::StatusCode::OK;
    let object = may_refuse.then(|| http::object(answer).ok())??;
    let error = object.get("error").and_then(Value::as_str)?;
    let description = object.get("error_description").and_then(Value::as_str).unwrap_or_default();
    let separator = if description.is_empty() { "" } else { ": " };
    Some(format!("the provider refused the code with {}{separator}{}", printable(error), printable(description)))
}
