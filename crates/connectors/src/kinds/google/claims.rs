//! What Google's claims mean.

use serde_json::Value;
use usher_domain::ExternalIdentity;
use usher_oidc_rp::VerifiedIdToken;

use crate::kinds::oidc::OidcSettings;

pub fn judge(settings: &OidcSettings, token: &VerifiedIdToken, identity: &mut ExternalIdentity) -> Result<(), String> {
    // From the ID token only: it is signed.
    let organisation = token.claims.get("hd").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let allowed = &settings.hosted_domains;
    if !allowed.is_empty() && !organisation.as_ref().is_some_and(|found| allowed.contains(found)) {
        return Err("the account belongs to none of the organisations that may come (hd)".to_owned());
    }
    let address = identity.claims.get("email").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    // An address elsewhere was verified once, by somebody who may not have the mailbox any more (LINK-28).
    identity.email_verified &= organisation.is_some() || address.ends_with("@gmail.com");
    Ok(())
}
