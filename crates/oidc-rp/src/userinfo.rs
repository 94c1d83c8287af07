//! Asks the userinfo endpoint (OIDC Core 5.3) and believes it only about the subject of the ID token.
//!
//! We never registered for signed userinfo, so only a JSON answer is accepted; `application/jwt` is refused whatever
//! it is signed with (OIDC-18).

use ::http::HeaderValue;
use ::http::header::AUTHORIZATION;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde_json::{Map, Value};

use crate::http::{self, Http};
use crate::{Checks, OidcError, Phase, Tokens, VerifiedIdToken};

/// The claims of the userinfo endpoint, which agree with the ID token on the subject.
pub async fn fetch_userinfo(
    http: &dyn Http,
    endpoint: &str,
    tokens: &Tokens,
    id_token: &VerifiedIdToken,
    checks: &mut Checks,
) -> Result<Map<String, Value>, OidcError> {
    checks.enter(Phase::Userinfo);
    let unusable =
        |detail: &str| OidcError::Misconfigured { phase: Phase::Userinfo, detail: format!("{detail} cannot be used") };
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {}", tokens.access_token)).map_err(|_| unusable("the access token"))?;
    bearer.set_sensitive(true);
    let mut request = http::get(endpoint).map_err(|_| unusable("the userinfo endpoint"))?;
    request.headers_mut().insert(AUTHORIZATION, bearer);
    let answer = http::ask(http, request).await.map_err(OidcError::unreachable(Phase::Userinfo))?;
    checks.attempt("userinfo_status", http::expect_ok(&answer))?;
    checks.attempt("userinfo_content_type", http::expect_json(answer.headers()))?;
    let claims = checks.attempt("userinfo_json", http::object(&answer))?;
    // OIDC Core 5.3.2: sub must be there and must exactly match the ID token's.
    let same = claims
        .get("sub")
        .and_then(Value::as_str)
        .is_some_and(|sub| verify_slices_are_equal(sub.as_bytes(), id_token.subject.as_bytes()).is_ok());
    checks.require("userinfo_subject", same, || "sub is absent or names somebody else than the ID token".to_owned())?;
    Ok(claims)
}
