//! From verified claims to an external identity: which source wins, and what counts as a verified address.

use serde_json::Value;
use usher_domain::{Claims, ConnectionId, ExternalIdentity, ExternalKey};
use usher_oidc_rp::VerifiedIdToken;

use super::settings::EmailVerifiedReading;

/// Claims about the token, not about the person: they end here (RFC 7519 section 4.1, OIDC Core section 2).
const ABOUT_THE_TOKEN: [&str; 11] =
    ["iss", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "at_hash", "c_hash", "s_hash"];

/// Joins the claims of the ID token and of userinfo, which name the same subject.
///
/// The ID token wins wherever both speak: it is signed. `email` and `email_verified` count as a pair, so that one
/// source cannot verify the address of the other, unless both name the same address (OIDC-18).
pub fn merge(id_token: &Claims, userinfo: Option<&Claims>) -> Claims {
    let mut merged: Claims = userinfo.cloned().unwrap_or_default();
    let pair_from_id_token = id_token.contains_key("email");
    let same_address = pair_from_id_token && merged.get("email") == id_token.get("email");
    if pair_from_id_token && !same_address {
        merged.remove("email_verified");
    }
    let from_id_token = id_token.iter().filter(|(name, _)| *name != "email_verified" || pair_from_id_token);
    merged.extend(from_id_token.map(|(name, value)| (name.clone(), value.clone())));
    merged.retain(|name, _| !ABOUT_THE_TOKEN.contains(&name.as_str()));
    merged
}

/// The identity that the broker works with.
pub fn identity(
    connection: &ConnectionId,
    issuer: &str,
    id_token: &VerifiedIdToken,
    userinfo: Option<&Claims>,
    reading: EmailVerifiedReading,
) -> ExternalIdentity {
    let claims = merge(&id_token.claims, userinfo);
    let amr = id_token.claims.get("amr").and_then(Value::as_array).into_iter().flatten();
    ExternalIdentity {
        key: ExternalKey {
            connection: connection.clone(),
            issuer: issuer.to_owned(),
            subject: id_token.subject.clone(),
        },
        email_verified: is_verified(&claims, reading),
        auth_time: id_token.auth_time,
        // acr and amr count from the ID token only, never from userinfo (MFA-13).
        acr: id_token.claims.get("acr").and_then(Value::as_str).map(str::to_owned),
        amr: amr.filter_map(Value::as_str).map(str::to_owned).collect(),
        claims,
    }
}

/// The value of the claim that names the person for good, from the signed token only.
pub fn subject(claim: &str, id_token: &VerifiedIdToken) -> Result<String, String> {
    crate::kinds::subject::read(id_token.claims.get(claim))
        .ok_or_else(|| format!("the ID token has no usable '{claim}', which names the person here"))
}

/// OIDC-26: JSON `true` and nothing else, unless the connection says otherwise; and there must be an address.
fn is_verified(claims: &Claims, reading: EmailVerifiedReading) -> bool {
    let says_so = match claims.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::String(text)) => reading == EmailVerifiedReading::StringBooleans && text == "true",
        _ => false,
    };
    says_so && claims.get("email").and_then(Value::as_str).is_some_and(|address| !address.is_empty())
}
