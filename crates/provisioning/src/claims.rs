//! Attributes to claims for an application: standard names in their standard shape (OIDC Core 5.1).
//!
//! Used for pass-through and for local accounts alike, so that switching JIT never changes a claim's shape.

use serde_json::{Map, Value};
use usher_domain::{AttributeBag, AttributeName, Claims, Verification};

use crate::mapping::{MappedAttributes, Received};

/// Claims that OIDC Core 5.1 defines as one text.
const ONE_TEXT: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
];

/// Members of the `address` claim (OIDC Core 5.1.1).
const ADDRESS: [&str; 6] = ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// Claims that feed the attribute of the same name when a connection has no mapping of its own.
pub(crate) fn standard_claims() -> impl Iterator<Item = String> {
    ONE_TEXT.iter().map(|name| (*name).to_owned()).chain(ADDRESS.iter().map(|member| format!("address.{member}")))
}

/// Claims that applications expect as a list even when there is one value.
const ALWAYS_LIST: [&str; 3] = ["groups", "roles", "entitlements"];

/// The claims of a person without a local account: what the connection's mapping lets through.
pub fn pass_through_claims(mapped: &MappedAttributes) -> Claims {
    let mut claims = Map::new();
    for (name, received) in &mapped.values {
        if let Received::Values { values, verified } = received {
            put(&mut claims, name, values, *verified);
        }
    }
    claims
}

/// The claims of a local account.
pub fn claims_of(attributes: &AttributeBag) -> Claims {
    let mut claims = Map::new();
    for (name, value) in attributes {
        put(&mut claims, name, &value.values, value.verified);
    }
    claims
}

fn put(claims: &mut Claims, name: &AttributeName, values: &[String], verified: Verification) {
    let Some(first) = values.first() else { return };
    let name = name.as_str();
    if let Some(member) = name.strip_prefix("address.").filter(|member| ADDRESS.contains(member)) {
        let address = claims.entry("address").or_insert_with(|| Value::Object(Map::new()));
        if let Some(members) = address.as_object_mut() {
            members.insert(member.to_owned(), Value::from(first.as_str()));
        }
        return;
    }
    let value = match values {
        _ if ONE_TEXT.contains(&name) => Value::from(first.as_str()),
        [one] if !ALWAYS_LIST.contains(&name) => Value::from(one.as_str()),
        many => Value::from(many.to_vec()),
    };
    if name == "email" {
        claims.insert("email_verified".to_owned(), Value::from(verified.is_verified()));
    }
    claims.insert(name.to_owned(), value);
}
