//! What the tests of several kinds share.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use usher_domain::{ConnectionId, ExternalIdentity, ExternalKey};
use usher_oidc_rp::VerifiedIdToken;

use super::oidc::OidcSettings;

pub fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn settings(value: Value) -> OidcSettings {
    OidcSettings::deserialize(value).unwrap()
}

fn object(claims: Value) -> Map<String, Value> {
    match claims {
        Value::Object(claims) => claims,
        other => panic!("not an object: {other}"),
    }
}

pub fn token(claims: Value) -> VerifiedIdToken {
    let claims = object(claims);
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
    VerifiedIdToken { subject, auth_time: None, claims }
}

/// The identity as it is before the preset looks at it.
pub fn identity(claims: Value) -> ExternalIdentity {
    let token = token(claims);
    ExternalIdentity {
        key: ExternalKey {
            connection: ConnectionId::parse("c").unwrap(),
            issuer: "https://i.test".to_owned(),
            subject: token.subject,
        },
        email_verified: token.claims.get("email_verified") == Some(&Value::Bool(true)),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        claims: token.claims,
    }
}
