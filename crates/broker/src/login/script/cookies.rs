//! Cookies of scripts: sealed, bound to the flow that set them, to their names and to their ends.
//!
//! Scripts of one flow never read or overwrite what those of another set: the owner is part of the cookie's name and of
//! what is sealed. What does not open, is over, or was moved to another name, was never there.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{Entropy, SecretText};
use usher_flow_script::CookieSpec;
use usher_storage::{Purpose, Sealed, Sealer, hash, hex};

use crate::answer::{ScriptCookie, ScriptSameSite};
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Longest life of a cookie, which is also that of one that ends with the browser.
const LONGEST: Duration = Duration::days(400);
const WITH_BROWSER: Duration = Duration::days(30);

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Content {
    owner: String,
    name: String,
    value: String,
    ends: i64,
}

/// The part of a cookie's name that says whose it is.
fn id(owner: &str, name: &str) -> String {
    hex(&hash(format!("{owner}\n{name}").as_bytes())).chars().take(32).collect()
}

/// What a browser brings for the scripts of a flow, by the names that they use.
pub(super) fn opened(sealer: &Sealer, owner: &str, visitor: &Visitor, now: DateTime<Utc>) -> BTreeMap<String, String> {
    let read = |(own, text): &(String, SecretText)| {
        let blob = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(text.expose()).ok()?);
        let bytes = sealer.open(Purpose::SCRIPT_COOKIE, own, &blob).ok()?;
        let content: Content = serde_json::from_slice(&bytes).ok()?;
        let stands =
            content.owner == owner && id(owner, &content.name) == *own && content.ends > now.timestamp_millis();
        stands.then_some((content.name, content.value))
    };
    visitor.script_cookies.iter().filter_map(read).collect()
}

/// A cookie for the browser.
pub(super) fn sealed(
    (sealer, entropy): (&Sealer, &dyn Entropy),
    owner: &str,
    spec: &CookieSpec,
    now: DateTime<Utc>,
) -> Result<ScriptCookie, Fault> {
    let id = id(owner, &spec.name);
    let same_site = match spec.same_site.as_str() {
        "Strict" => ScriptSameSite::Strict,
        "None" => ScriptSameSite::None,
        _ => ScriptSameSite::Lax,
    };
    let longest = u32::try_from(LONGEST.num_seconds()).unwrap_or(u32::MAX);
    let max_age = spec.max_age.map(|seconds| seconds.min(longest));
    if max_age == Some(0) {
        return Ok(ScriptCookie { id, value: SecretText::new(""), max_age, same_site });
    }
    let life = max_age.map_or(WITH_BROWSER, |seconds| Duration::seconds(i64::from(seconds)));
    let ends = (now + life).timestamp_millis();
    let content = Content { owner: owner.to_owned(), name: spec.name.clone(), value: spec.value.clone(), ends };
    let bytes = serde_json::to_vec(&content).map_err(|e| Fault::unreadable("cookie of a script", e))?;
    let blob = sealer.seal(Purpose::SCRIPT_COOKIE, &id, &bytes, entropy);
    let blob = blob.map_err(|e| Fault::unreadable("cookie of a script", e))?;
    Ok(ScriptCookie { id, value: SecretText::new(URL_SAFE_NO_PAD.encode(blob.as_bytes())), max_age, same_site })
}
