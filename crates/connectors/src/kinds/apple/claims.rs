//! What comes beside the code.

use serde_json::Value;
use usher_domain::ExternalIdentity;

use crate::Callback;

/// Longest name taken over.
const LONGEST: usize = 200;

/// The parameter `user`: JSON with the name, at the first sign-in. Claims of the ID token win; its address is ignored.
pub fn beside(callback: &Callback, identity: &mut ExternalIdentity) {
    let user = callback.parameters().iter().find(|(name, _)| name == "user").map(|(_, value)| value.as_str());
    let Some(user) = user.and_then(|text| serde_json::from_str::<Value>(text).ok()) else { return };
    for (from, to) in [("firstName", "given_name"), ("lastName", "family_name")] {
        let name = user.get("name").and_then(|name| name.get(from)).and_then(Value::as_str).unwrap_or_default().trim();
        if !name.is_empty() && name.len() <= LONGEST && !identity.claims.contains_key(to) {
            identity.claims.insert(to.to_owned(), name.into());
        }
    }
}
