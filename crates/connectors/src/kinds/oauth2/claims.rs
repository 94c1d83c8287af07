//! From what an API said to who the person is.

use serde_json::Value;
use usher_domain::Claims;

use super::{OAuth2Settings, Reading};
use crate::kinds::subject;

/// Members that we give a meaning to, and that an API must not bring along by chance.
const OURS: [&str; 4] = ["iss", "aud", "sub", "email_verified"];

/// Who came back.
pub struct Person {
    /// Names the person for good.
    pub subject: String,
    /// What the API said, in standard claims too.
    pub claims: Claims,
    /// Whether the provider vouches for `email`.
    pub email_verified: bool,
}

/// Reads the person's data. An address counts as verified only by the list of addresses, or by a plain `true` beside it where
/// the API speaks in standard claims.
pub fn person(
    settings: &OAuth2Settings,
    said: Value,
    addresses: Option<&Value>,
    reading: Reading,
) -> Result<Person, String> {
    let Value::Object(mut claims) = said else {
        return Err("the provider's answer about the person is no object".to_owned());
    };
    let name = settings.subject_claim.as_str();
    let subject = subject::read(claims.get(name)).ok_or_else(|| format!("the answer has no usable '{name}'"))?;
    let mut email_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    claims.retain(|name, _| !OURS.contains(&name.as_str()));
    (reading.claims)(&mut claims);
    if let Some(list) = addresses {
        // The address in the profile is what the person chose to show, verified or not.
        claims.remove("email");
        email_verified = false;
        if let Some((address, verified)) = (reading.addresses)(list) {
            claims.insert("email".to_owned(), address.into());
            email_verified = verified;
        }
    }
    let named = claims.get("email").and_then(Value::as_str).is_some_and(|address| !address.is_empty());
    claims.insert("sub".to_owned(), subject.as_str().into());
    claims.insert("email_verified".to_owned(), (email_verified && named).into());
    Ok(Person { subject, claims, email_verified: email_verified && named })
}
