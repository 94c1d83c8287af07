//! What Microsoft's claims mean.

use serde_json::Value;
use usher_domain::ExternalIdentity;
use usher_oidc_rp::{Tokens, VerifiedIdToken};

use super::settings::{AUTHORITY, MANY, PERSONAL};
use crate::kinds::form::directory;
use crate::kinds::oidc::OidcSettings;

/// The issuer of the person's directory, if people of that directory may come.
pub fn issuer_of(settings: &OidcSettings, tokens: &Tokens) -> Result<String, String> {
    expected(settings, tokens.unchecked_text("tid").as_deref())
}

pub fn expected(settings: &OidcSettings, tid: Option<&str>) -> Result<String, String> {
    let many = settings.tenant.as_deref().is_some_and(|tenant| MANY.contains(&tenant));
    if !many {
        return Ok(settings.issuer.as_str().to_owned());
    }
    // Also keeps everything but a GUID out of the issuer that is put together from it.
    let tid = directory(tid.unwrap_or_default()).map_err(|_| "the token names no directory (tid)".to_owned())?;
    let personal = settings.tenant.as_deref() == Some("consumers") && tid == PERSONAL;
    // OIDC-14: several directories are several that somebody listed.
    if !personal && !settings.tenants.contains(&tid) {
        return Err("people of that directory may not come (tid)".to_owned());
    }
    let authority = settings.authority.as_deref().unwrap_or(AUTHORITY).trim_end_matches('/');
    Ok(format!("{authority}/{tid}/v2.0"))
}

pub fn judge(settings: &OidcSettings, token: &VerifiedIdToken, identity: &mut ExternalIdentity) -> Result<(), String> {
    let issuer = token.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let tid = token.claims.get("tid").and_then(Value::as_str);
    // Again, on what is verified now.
    if expected(settings, tid)? != issuer {
        return Err("the issuer is not that of the person's directory".to_owned());
    }
    issuer.clone_into(&mut identity.key.issuer);
    let owned = match token.claims.get("xms_edov") {
        Some(Value::Bool(owned)) => *owned,
        Some(Value::String(text)) => text == "1" || text == "true",
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        _ => false,
    };
    let named = identity.claims.get("email").and_then(Value::as_str).is_some_and(|address| !address.is_empty());
    identity.email_verified = owned && named && token.claims.get("email") == identity.claims.get("email");
    Ok(())
}
