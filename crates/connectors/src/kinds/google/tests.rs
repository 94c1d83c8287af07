//! Recorded answers of our own making, after Google's description of its ID tokens.

use serde_json::json;
use usher_domain::ExternalIdentity;

use super::{PROFILE, settings_from_form};
use crate::kinds::oidc::OidcSettings;
use crate::kinds::testing::{form, identity, settings, token};

fn configured(domains: &str) -> OidcSettings {
    let typed = form(&[("client_id", "usher.apps.googleusercontent.com"), ("hosted_domains", domains)]);
    settings(settings_from_form(None, &typed).unwrap())
}

fn judged(domains: &str, claims: serde_json::Value) -> Result<ExternalIdentity, String> {
    let (token, mut found) = (token(claims.clone()), identity(claims));
    (PROFILE.judge.unwrap())(&configured(domains), &token, &mut found).map(|()| found)
}

#[test]
fn the_form_asks_for_little() {
    let one = configured("Corp.Test");
    assert_eq!(one.issuer.as_str(), "https://accounts.google.com");
    assert_eq!(
        (one.hosted_domains.as_slice(), one.extra_params["hd"].as_str()),
        (&["corp.test".to_owned()][..], "corp.test")
    );
    assert_eq!(configured("a.test b.test").extra_params["hd"], "*");
    assert!(configured("").extra_params.is_empty());
    assert_eq!(settings_from_form(None, &form(&[])).unwrap_err()[0].field, "client_id");
}

#[test]
fn only_the_organisations_people_come_in() {
    let ann = json!({ "sub": "1", "hd": "corp.test", "email": "ann@corp.test", "email_verified": true });
    assert!(judged("corp.test", ann.clone()).unwrap().email_verified);
    assert!(judged("", ann.clone()).is_ok());
    assert!(judged("other.test", ann).is_err());
    // An address on the domain is not membership: only hd is.
    let outsider = json!({ "sub": "2", "email": "eve@corp.test", "email_verified": true });
    assert!(judged("corp.test", outsider).is_err());
}

#[test]
fn link_28_google_vouches_for_its_own_mailboxes_only() {
    let verified = |claims| judged("", claims).unwrap().email_verified;
    assert!(verified(json!({ "sub": "1", "email": "ann@gmail.com", "email_verified": true })));
    assert!(!verified(json!({ "sub": "1", "email": "ann@corp.test", "email_verified": true })));
    assert!(!verified(json!({ "sub": "1", "email": "ann@gmail.com", "email_verified": false })));
    assert!(!verified(json!({ "sub": "1", "email": "ann@gmail.com.evil.test", "email_verified": true })));
}
