//! Names of claims: the URIs that scripts from elsewhere use, the attribute names they mean here, and which of them a
//! script may write.

/// What stands before the names of local claims elsewhere.
const PREFIX: &str = "http://wso2.org/claims/";

const ALIASES: &[(&str, &str)] = &[
    ("emailaddress", "email"),
    ("emailaddresses", "emails"),
    ("givenname", "given_name"),
    ("firstname", "given_name"),
    ("lastname", "family_name"),
    ("middlename", "middle_name"),
    ("fullname", "name"),
    ("displayname", "name"),
    ("username", "preferred_username"),
    ("userid", "sub"),
    ("nickname", "nickname"),
    ("mobile", "phone_number"),
    ("telephone", "phone_number"),
    ("phonenumbers", "phone_numbers"),
    ("dob", "birthdate"),
    ("country", "country"),
    ("locality", "locality"),
    ("region", "region"),
    ("stateorprovince", "region"),
    ("postalcode", "postal_code"),
    ("streetaddress", "street_address"),
    ("addresses", "address"),
    ("gender", "gender"),
    ("organization", "organization"),
    ("department", "department"),
    ("title", "title"),
    ("photourl", "picture"),
    ("url", "website"),
    ("profileurl", "profile"),
    ("local", "locale"),
    ("locale", "locale"),
    ("preferredLanguage", "locale"),
    ("timeZone", "zoneinfo"),
    ("zoneinfo", "zoneinfo"),
    ("created", "created_at"),
    ("modified", "updated_at"),
    ("groups", "groups"),
    ("role", "roles"),
    ("roles", "roles"),
    ("identity/emailVerified", "email_verified"),
    ("identity/phoneVerified", "phone_number_verified"),
    ("identity/accountLocked", "account_locked"),
    ("identity/lastLoginTime", "last_login_at"),
    ("identity/lastLogonTime", "last_login_at"),
    ("identity/lastPasswordUpdateTime", "password_changed_at"),
    ("identity/failedLoginAttempts", "failed_attempts"),
];

/// Claims that say who somebody is, what was proved, or that belong to the protocol. No script sets them.
const RESERVED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "nonce",
    "azp",
    "acr",
    "amr",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "sub_jwk",
    "cnf",
    "act",
    "may_act",
    "client_id",
    "scope",
    "events",
    "idp",
    "role",
    "roles",
    "group",
    "groups",
    "entitlements",
    "permissions",
    "preferred_username",
    "email_verified",
    "phone_number_verified",
    "account_locked",
    "created_at",
    "updated_at",
    "last_login_at",
    "password_changed_at",
    "failed_attempts",
    "__proto__",
];

/// Our attribute name behind a claim URI or name.
pub fn attribute_of(uri: &str) -> String {
    let Some(short) = uri.strip_prefix(PREFIX) else { return uri.to_owned() };
    let known = ALIASES.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(short));
    known.map_or_else(|| short.rsplit('/').next().unwrap_or(short).to_owned(), |(_, ours)| (*ours).to_owned())
}

/// Whether a script may write this attribute (our name).
pub fn may_be_written(attribute: &str) -> bool {
    usher_domain::AttributeName::parse(attribute).is_ok()
        && !RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(attribute))
}

#[cfg(test)]
mod tests {
    use super::{attribute_of, may_be_written};

    #[test]
    fn foreign_uris_mean_our_attributes() {
        assert_eq!(attribute_of("http://wso2.org/claims/emailaddress"), "email");
        assert_eq!(attribute_of("http://wso2.org/claims/GivenName"), "given_name");
        assert_eq!(attribute_of("http://wso2.org/claims/identity/emailVerified"), "email_verified");
        assert_eq!(attribute_of("http://wso2.org/claims/favouriteColour"), "favouriteColour");
        assert_eq!(attribute_of("given_name"), "given_name");
    }

    #[test]
    fn script_19_protocol_and_identity_claims_are_reserved() {
        assert!(may_be_written("department") && may_be_written("given_name"));
        for name in
            ["iss", "sub", "aud", "exp", "roles", "ROLES", "groups", "acr", "email_verified", "__proto__", "a b", ""]
        {
            assert!(!may_be_written(name), "{name}");
        }
    }
}
