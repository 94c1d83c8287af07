//! User names of new accounts: readable, free of collisions, never somebody else's.
//!
//! The names are tried in order until one is free; the database's unique index has the last word. A name
//! that is taken is never adopted (LINK-18): the next candidate is another name, not another door.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use usher_domain::UserName;

use crate::facts::Presented;
use crate::mapping::claim_at;

/// Longest name made here; a suffix still fits.
const MAX_LENGTH: usize = 48;

/// How many numbered names are tried for the best base.
const NUMBERED: std::ops::RangeInclusive<u8> = 2..=9;

/// Names that speak for the house, or that URLs and mail systems treat specially.
const RESERVED: [&str; 30] = [
    "abuse",
    "account",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "console",
    "guest",
    "help",
    "hostmaster",
    "info",
    "login",
    "logout",
    "mail",
    "me",
    "no-reply",
    "noreply",
    "nobody",
    "null",
    "operator",
    "owner",
    "postmaster",
    "root",
    "security",
    "self",
    "setup",
    "support",
    "system",
    "usher",
    "webmaster",
];

/// User names to try, best first. `username_from` names a claim or an attribute, or `sub` for the external
/// subject; `random_suffix` are random symbols `a-z0-9` for the last resort.
pub fn username_candidates(
    presented: &Presented<'_>,
    username_from: Option<&str>,
    random_suffix: &str,
) -> Vec<UserName> {
    let given = text(presented, "given_name");
    let family = text(presented, "family_name");
    let full_name = match (given, family) {
        (Some(given), Some(family)) => Some(format!("{given}.{family}")),
        _ => None,
    };
    let wanted = username_from.and_then(|name| text(presented, name));
    let sources = [wanted, text(presented, "preferred_username"), text(presented, "email"), full_name];
    let mut bases: Vec<String> = Vec::new();
    for base in sources.into_iter().flatten().filter_map(|source| base_of(&source)) {
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    let suffix: String = random_suffix.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    let best = bases.first().cloned().unwrap_or_else(|| "user".to_owned());
    if bases.is_empty() {
        return UserName::parse(&format!("{best}-{suffix}")).into_iter().collect();
    }
    let numbered = NUMBERED.map(|number| format!("{best}-{number}"));
    let last = format!("{best}-{suffix}");
    bases.iter().cloned().chain(numbered).chain([last]).filter_map(|name| UserName::parse(&name).ok()).collect()
}

fn text(presented: &Presented<'_>, name: &str) -> Option<String> {
    if name == "sub" {
        return Some(presented.identity.key.subject.clone());
    }
    let claim = claim_at(&presented.identity.claims, name).and_then(|value| match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    claim.or_else(|| presented.mapped.received(name).first().cloned())
}

/// A readable name out of foreign text, or none. What stands before `@` counts: a name that is an address
/// could be the address of somebody else.
fn base_of(source: &str) -> Option<String> {
    let local = source.split('@').next().unwrap_or_default();
    let plain = local.chars().take(256).collect::<String>();
    let mut name = String::new();
    for c in plain.nfkd().filter(|c| !is_combining_mark(*c)) {
        let c = match c {
            c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
            '_' | '-' | '.' => c,
            ' ' | '+' => '.',
            _ => continue,
        };
        let doubled = !c.is_ascii_alphanumeric() && name.ends_with(['.', '-', '_']);
        if !doubled && name.len() < MAX_LENGTH {
            name.push(c);
        }
    }
    let name = name.trim_matches(['.', '-', '_']);
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    (name.len() >= 2 && !RESERVED.contains(&bare) && UserName::parse(name).is_ok()).then(|| name.to_owned())
}
