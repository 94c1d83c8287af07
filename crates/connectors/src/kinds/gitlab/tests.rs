//! What the form makes of what is typed.

use serde_json::json;
use usher_domain::ConnectionId;

use super::settings_from_form;
use crate::EmailVerifiedReading;
use crate::kinds::oidc::identity_of;
use crate::kinds::testing::{form, settings, token};

#[test]
fn the_issuer_is_the_cloud_unless_typed() {
    let cloud = settings(settings_from_form(None, &form(&[("client_id", "usher")])).unwrap());
    assert_eq!(cloud.issuer.as_str(), "https://gitlab.com");
    let own = form(&[("client_id", "usher"), ("issuer", "https://id.corp.test")]);
    assert_eq!(settings(settings_from_form(None, &own).unwrap()).issuer.as_str(), "https://id.corp.test");
    let insecure = form(&[("client_id", "usher"), ("issuer", "http://id.corp.test")]);
    assert_eq!(settings_from_form(None, &insecure).unwrap_err()[0].field, "issuer");
}

/// A recorded answer of our own making, after `GitLab`'s description of its claims.
#[test]
fn the_answer_is_standard_claims() {
    let claims = json!({ "sub": "42", "sub_legacy": "f4b1", "name": "Ann Other", "nickname": "ann",
        "preferred_username": "ann", "email": "ann@corp.test", "email_verified": true,
        "profile": "https://gitlab.com/ann", "groups_direct": ["corp", "corp/tools"] });
    let connection = ConnectionId::parse("c").unwrap();
    let found = identity_of(&connection, "https://gitlab.com", &token(claims), None, EmailVerifiedReading::JsonTrue);
    assert_eq!((found.key.subject.as_str(), found.email_verified), ("42", true));
    assert_eq!(found.claims["groups_direct"], json!(["corp", "corp/tools"]));
}
