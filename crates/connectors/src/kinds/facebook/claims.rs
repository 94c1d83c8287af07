//! What Facebook's answers mean.

use serde_json::Value;
use usher_domain::Claims;

/// Adds the standard claims.
pub fn standard(claims: &mut Claims) {
    for (from, to) in [("first_name", "given_name"), ("last_name", "family_name")] {
        if let Some(value) = claims.get(from).and_then(Value::as_str).map(Value::from) {
            claims.entry(to).or_insert(value);
        }
    }
    let picture = claims.get("picture").and_then(|picture| picture.get("data")?.get("url")?.as_str()).map(Value::from);
    match picture {
        Some(url) => drop(claims.insert("picture".to_owned(), url)),
        None => drop(claims.remove("picture")),
    }
}
