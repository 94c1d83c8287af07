//! Attribute names that no identity provider ever writes (LINK-19).
//!
//! They name our own state of an account, or claims with a meaning of their own in a token; a provider
//! that could set them would lock, unlock or promote an account, or speak in our name. Attributes that an
//! admin marks as protected come in addition, with the facts.

use usher_domain::AttributeName;

const OF_THE_ACCOUNT: [&str; 22] = [
    "id",
    "user_id",
    "username",
    "public_subject",
    "password",
    "password_hash",
    "credential",
    "credentials",
    "state",
    "status",
    "enabled",
    "disabled",
    "locked",
    "mfa",
    "factors",
    "totp",
    "recovery_codes",
    "admin",
    "is_admin",
    "console_roles",
    "org_id",
    "organization_id",
];

const OF_THE_TOKEN: [&str; 26] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "cnf",
    "act",
    "scope",
    "client_id",
    "events",
    "updated_at",
    "email_verified",
    "phone_number_verified",
    "_claim_names",
    "_claim_sources",
];

/// Whether no identity provider may write the attribute, whatever the mapping says.
pub fn is_protected(name: &AttributeName) -> bool {
    OF_THE_ACCOUNT.iter().chain(&OF_THE_TOKEN).any(|reserved| name.as_str().eq_ignore_ascii_case(reserved))
}
