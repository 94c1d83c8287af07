//! The standard claims: which scope brings them, what shape they have (OIDC Core sections 5.1 and 5.4); and the names
//! that attributes never set.

use crate::scope::Scope;

/// The JSON shape of a standard claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// A boolean that says whether somebody vouches for another claim.
    Verified(&'static str),
    /// Seconds since 1970.
    Time,
    /// An object (section 5.1.1).
    Address,
}

/// Every standard claim but `sub`.
pub(crate) const STANDARD_CLAIMS: [(&str, (Scope, Shape)); 19] = [
    ("name", (Scope::Profile, Shape::Text)),
    ("given_name", (Scope::Profile, Shape::Text)),
    ("family_name", (Scope::Profile, Shape::Text)),
    ("middle_name", (Scope::Profile, Shape::Text)),
    ("nickname", (Scope::Profile, Shape::Text)),
    ("preferred_username", (Scope::Profile, Shape::Text)),
    ("profile", (Scope::Profile, Shape::Text)),
    ("picture", (Scope::Profile, Shape::Text)),
    ("website", (Scope::Profile, Shape::Text)),
    ("gender", (Scope::Profile, Shape::Text)),
    ("birthdate", (Scope::Profile, Shape::Text)),
    ("zoneinfo", (Scope::Profile, Shape::Text)),
    ("locale", (Scope::Profile, Shape::Text)),
    ("updated_at", (Scope::Profile, Shape::Time)),
    ("email", (Scope::Email, Shape::Text)),
    ("email_verified", (Scope::Email, Shape::Verified("email"))),
    ("phone_number", (Scope::Phone, Shape::Text)),
    ("phone_number_verified", (Scope::Phone, Shape::Verified("phone_number"))),
    ("address", (Scope::Address, Shape::Address)),
];

/// Members of the `address` claim.
pub(crate) const ADDRESS_MEMBERS: [&str; 6] =
    ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// Non-standard claims that are lists by nature, and stay lists with one value (RFC 9068 section 2.2.3.1).
pub(crate) const LISTS: [&str; 3] = ["groups", "roles", "entitlements"];

/// Scope and shape of a standard claim.
pub(crate) fn standard(name: &str) -> Option<(Scope, Shape)> {
    STANDARD_CLAIMS.iter().find(|(n, _)| *n == name).map(|(_, claim)| *claim)
}

/// Names that say who speaks, to whom, when and how: no attribute, mapping or provider may set them.
const RESERVED: [&str; 33] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
    "rt_hash",
    "client_id",
    "scope",
    "grant",
    "cnf",
    "act",
    "may_act",
    "events",
    "toe",
    "txn",
    "sub_id",
    "sub_jwk",
    "typ",
    "active",
    "_claim_names",
    "_claim_sources",
    "__proto__",
];

/// Whether a claim name belongs to the protocol.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}
