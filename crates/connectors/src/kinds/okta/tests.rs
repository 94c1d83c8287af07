//! What the form makes of what is typed.

use serde_json::json;
use usher_domain::ConnectionId;

use super::settings_from_form;
use crate::EmailVerifiedReading;
use crate::kinds::oidc::identity_of;
use crate::kinds::testing::{form, settings, token};

#[test]
fn the_issuer_is_typed() {
    assert_eq!(settings_from_form(None, &form(&[("client_id", "usher")])).unwrap_err()[0].field, "issuer");
    let own = form(&[("client_id", "usher"), ("issuer", "https://id.corp.test")]);
    assert_eq!(settings(settings_from_form(None, &own).unwrap()).issuer.as_str(), "https://id.corp.test");
    let insecure = form(&[("client_id", "usher"), ("issuer", "http://id.corp.test")]);
    assert_eq!(settings_from_form(None, &insecure).unwrap_err()[0].field, "issuer");
}

/// A recorded answer of our own making, after Okta's description of its claims: a thin ID token, the rest at userinfo.
#[test]
fn the_answer_is_standard_claims() {
    let thin = json!({ "sub": "00uid4BxXw6I6TV4m0g3", "ver": 1, "idp": "00ok1u7AsAkrwdZL3z0g3", "amr": ["pwd"],
        "auth_time": 1_700_000_000, "preferred_username": "ann@corp.test" });
    let userinfo = json!({ "sub": "00uid4BxXw6I6TV4m0g3", "email": "ann@corp.test", "email_verified": true,
        "given_name": "Ann", "zoneinfo": "America/Los_Angeles" });
    let connection = ConnectionId::parse("c").unwrap();
    let reading = EmailVerifiedReading::JsonTrue;
    let found = identity_of(&connection, "https://corp.okta.com", &token(thin), userinfo.as_object(), reading);
    assert_eq!((found.key.subject.as_str(), found.email_verified), ("00uid4BxXw6I6TV4m0g3", true));
    assert_eq!((&found.claims["given_name"], found.amr.as_slice()), (&json!("Ann"), &["pwd".to_owned()][..]));
}
