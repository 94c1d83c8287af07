//! The tokens that Usher signs: ID tokens and access tokens, made and read back.
//!
//! ID tokens follow OIDC Core section 2, access tokens RFC 9068. What a person's claims are comes from
//! [`crate::claims`]; whether a grant still stands is the broker's question, asked after [`verify_access_token`].

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use usher_domain::{ApplicationId, Claims, GrantId, IssuerUrl, SessionId};

use crate::claims::is_reserved;
use crate::jws;
use crate::keys::{KeyError, KeyRing, SigningKey};
use crate::scope::Scopes;

/// `typ` of an ID token.
const ID_TOKEN: &str = "JWT";
/// `typ` of an access token (RFC 9068 section 2.1).
const ACCESS_TOKEN: &str = "at+jwt";
/// The claim that ties an access token to its grant.
const GRANT: &str = "grant";

/// What an ID token says.
#[derive(Debug, Clone, Copy)]
pub struct IdTokenParts<'a> {
    /// `iss`.
    pub issuer: &'a IssuerUrl,
    /// `sub`.
    pub subject: &'a str,
    /// `aud`: the application alone, so no `azp` is due (OIDC Core section 2).
    pub audience: &'a ApplicationId,
    /// `iat`.
    pub issued_at: DateTime<Utc>,
    /// `exp`.
    pub expires_at: DateTime<Utc>,
    /// `auth_time`.
    pub auth_time: DateTime<Utc>,
    /// `nonce`, byte for byte; absent at a refresh.
    pub nonce: Option<&'a str>,
    /// `acr`.
    pub acr: Option<&'a str>,
    /// `amr`; an empty list is left out.
    pub amr: &'a [String],
    /// `sid`.
    pub session: Option<&'a SessionId>,
    /// The access token handed out beside it, for `at_hash`.
    pub access_token: Option<&'a str>,
    /// Claims about the person; reserved names among them are dropped.
    pub claims: &'a Claims,
}

/// Signs an ID token.
pub fn id_token(key: &SigningKey, parts: &IdTokenParts<'_>) -> Result<String, KeyError> {
    let mut claims: Claims =
        parts.claims.iter().filter(|(name, _)| !is_reserved(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", json!(parts.issuer.as_str()));
    set("sub", json!(parts.subject));
    set("aud", json!(parts.audience.as_str()));
    set("iat", json!(parts.issued_at.timestamp()));
    set("exp", json!(parts.expires_at.timestamp()));
    set("auth_time", json!(parts.auth_time.timestamp()));
    for (name, text) in [("nonce", parts.nonce), ("acr", parts.acr), ("sid", parts.session.map(SessionId::as_str))] {
        if let Some(text) = text {
            set(name, json!(text));
        }
    }
    if !parts.amr.is_empty() {
        set("amr", json!(parts.amr));
    }
    if let Some(token) = parts.access_token {
        set("at_hash", json!(half_hash(token)));
    }
    jws::sign(key, ID_TOKEN, &claims)
}

/// The left half of SHA-256 (OIDC Core section 3.1.3.6); both our algorithms are SHA-256 ones.
fn half_hash(token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}

/// What an access token says.
#[derive(Debug, Clone, Copy)]
pub struct AccessTokenParts<'a> {
    /// `iss`.
    pub issuer: &'a IssuerUrl,
    /// `sub`, the same as in the ID token.
    pub subject: &'a str,
    /// `aud`: the resource; for userinfo the issuer itself.
    pub audience: &'a str,
    /// `client_id`.
    pub client: &'a ApplicationId,
    /// `scope`.
    pub scopes: &'a Scopes,
    /// `jti`.
    pub id: &'a str,
    /// The grant that it lives and dies with.
    pub grant: &'a GrantId,
    /// `iat`.
    pub issued_at: DateTime<Utc>,
    /// `exp`.
    pub expires_at: DateTime<Utc>,
}

/// Signs an access token.
pub fn access_token(key: &SigningKey, parts: &AccessTokenParts<'_>) -> Result<String, KeyError> {
    let mut claims = Claims::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", json!(parts.issuer.as_str()));
    set("sub", json!(parts.subject));
    set("aud", json!(parts.audience));
    set("client_id", json!(parts.client.as_str()));
    set("scope", json!(parts.scopes.to_string()));
    set("jti", json!(parts.id));
    set(GRANT, json!(parts.grant.as_str()));
    set("iat", json!(parts.issued_at.timestamp()));
    set("exp", json!(parts.expires_at.timestamp()));
    jws::sign(key, ACCESS_TOKEN, &claims)
}

/// Why a token was not accepted. Whoever showed it only learns `invalid_token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Not signed by one of our keys, or not a token at all.
    #[error("the token is not one of ours")]
    NotOurs,
    /// Another kind of token, e.g. an ID token where an access token is due.
    #[error("the token is of another kind")]
    OtherKind,
    /// From or for somebody else.
    #[error("the token has another issuer or audience")]
    Elsewhere,
    /// Past its `exp`.
    #[error("the token has expired")]
    Expired,
    /// A claim is missing or malformed.
    #[error("the token lacks a claim")]
    Incomplete,
}

/// Where an access token is shown.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer that must have made it.
    pub issuer: &'a IssuerUrl,
    /// The audience that must be meant.
    pub audience: &'a str,
}

/// A verified access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// `sub`.
    pub subject: String,
    /// The application that it was given to.
    pub client: ApplicationId,
    /// What it is good for.
    pub scopes: Scopes,
    /// `jti`.
    pub id: String,
    /// The grant; the caller checks that it still stands.
    pub grant: GrantId,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
}

/// Verifies an access token (RFC 9068 section 4): kind, signature, issuer, audience, expiry.
pub fn verify_access_token(
    ring: &KeyRing,
    token: &str,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<AccessToken, TokenRefused> {
    let verified = jws::verify(ring, token).ok_or(TokenRefused::NotOurs)?;
    if verified.typ != ACCESS_TOKEN && verified.typ != "application/at+jwt" {
        return Err(TokenRefused::OtherKind);
    }
    let text = |name: &str| verified.claims.get(name).and_then(Value::as_str).ok_or(TokenRefused::Incomplete);
    if text("iss")? != expected.issuer.as_str() || text("aud")? != expected.audience {
        return Err(TokenRefused::Elsewhere);
    }
    let expires_at = time(&verified.claims, "exp").ok_or(TokenRefused::Incomplete)?;
    if now >= expires_at {
        return Err(TokenRefused::Expired);
    }
    Ok(AccessToken {
        subject: text("sub")?.to_owned(),
        client: ApplicationId::parse(text("client_id")?).map_err(|_| TokenRefused::Incomplete)?,
        scopes: Scopes::parse_known(text("scope")?),
        id: text("jti")?.to_owned(),
        grant: GrantId::parse(text(GRANT)?).map_err(|_| TokenRefused::Incomplete)?,
        expires_at,
    })
}

/// Whom an `id_token_hint` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// `sub`: compare with whoever is signed in.
    pub subject: String,
    /// `aud`: compare with whoever asks.
    pub application: ApplicationId,
    /// `sid`.
    pub session: Option<SessionId>,
    /// `auth_time`.
    pub auth_time: Option<DateTime<Utc>>,
}

/// Verifies an `id_token_hint`. Its expiry is not looked at: an expired hint is still a hint (OIDC Core section 3.1.2.1,
/// RP-Initiated Logout section 4).
pub fn verify_id_token_hint(ring: &KeyRing, token: &str, issuer: &IssuerUrl) -> Result<IdTokenHint, TokenRefused> {
    let verified = jws::verify(ring, token).ok_or(TokenRefused::NotOurs)?;
    if !verified.typ.eq_ignore_ascii_case(ID_TOKEN) {
        return Err(TokenRefused::OtherKind);
    }
    let text = |name: &str| verified.claims.get(name).and_then(Value::as_str);
    if text("iss").ok_or(TokenRefused::Incomplete)? != issuer.as_str() {
        return Err(TokenRefused::Elsewhere);
    }
    Ok(IdTokenHint {
        subject: text("sub").ok_or(TokenRefused::Incomplete)?.to_owned(),
        application: text("aud")
            .and_then(|audience| ApplicationId::parse(audience).ok())
            .ok_or(TokenRefused::Incomplete)?,
        session: text("sid").and_then(|sid| SessionId::parse(sid).ok()),
        auth_time: time(&verified.claims, "auth_time"),
    })
}

fn time(claims: &Claims, name: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(claims.get(name)?.as_i64()?, 0)
}

#[cfg(test)]
mod tests;
