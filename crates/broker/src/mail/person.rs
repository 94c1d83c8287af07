//! Where a person is written to, and in which language.

use usher_domain::{AttributeName, EmailAddress, User};

/// The address that somebody vouches for: what is private goes nowhere else.
pub fn verified_address(user: &User) -> Option<EmailAddress> {
    let email = user.attributes.get(&AttributeName::email()).filter(|value| value.verified.is_verified())?;
    EmailAddress::parse(email.values.first()?).ok()
}

/// The language of a person, as the account says.
pub fn language(user: &User) -> Option<String> {
    let locale = AttributeName::parse("locale").ok()?;
    user.attributes.get(&locale)?.values.first().cloned()
}
