//! What `GitHub`'s answers mean.

use serde_json::Value;
use usher_domain::Claims;

/// Adds the standard claims. `login` may be given to somebody else after a rename: it names nobody for good.
pub fn standard(claims: &mut Claims) {
    for (from, to) in
        [("login", "preferred_username"), ("avatar_url", "picture"), ("html_url", "profile"), ("blog", "website")]
    {
        if let Some(value) = claims.get(from).and_then(Value::as_str).filter(|text| !text.is_empty()).map(Value::from) {
            claims.entry(to).or_insert(value);
        }
    }
}

/// The primary address, if it is verified; no other one counts.
pub fn primary(list: &Value) -> Option<(String, bool)> {
    let is = |entry: &Value, name: &str| entry.get(name) == Some(&Value::Bool(true));
    let primary = list.as_array()?.iter().find(|entry| is(entry, "primary") && is(entry, "verified"))?;
    Some((primary.get("email")?.as_str()?.to_owned(), true))
}
