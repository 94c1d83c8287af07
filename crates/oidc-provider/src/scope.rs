//! Scopes: the few that Usher knows, and the lists that travel in requests, grants and tokens.
//!
//! Follows RFC 6749 section 3.3 and OIDC Core sections 5.4 and 11. Which claims a scope brings is decided in
//! [`crate::claims`].

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A scope that Usher knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `openid`: an ID token, and the userinfo endpoint.
    OpenId,
    /// `profile`: names, picture, language and the attributes that have no standard claim.
    Profile,
    /// `email`: the address and whether somebody vouches for it.
    Email,
    /// `phone`: the number and whether somebody vouches for it.
    Phone,
    /// `address`: the postal address.
    Address,
    /// `offline_access`: a refresh token that outlives the browser session.
    OfflineAccess,
}

impl Scope {
    /// Every scope, in the order of the discovery document.
    pub const ALL: [Self; 6] =
        [Self::OpenId, Self::Profile, Self::Email, Self::Phone, Self::Address, Self::OfflineAccess];

    /// The text of the scope.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::OfflineAccess => "offline_access",
        }
    }

    /// The scope of that text, if Usher knows it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A set of scopes; travels as text with single spaces, in the order of [`Scope::ALL`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads a list and drops what Usher does not know (RFC 6749 section 3.3 lets the server do so).
    pub fn parse_known(text: &str) -> Self {
        text.split(' ').filter_map(Scope::parse).collect()
    }

    /// Whether the set holds a scope.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether every scope of this set is in the other one.
    pub fn is_subset(&self, of: &Self) -> bool {
        self.0.is_subset(&of.0)
    }

    /// Whether there is no scope at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl From<String> for Scopes {
    fn from(text: String) -> Self {
        Self::parse_known(&text)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> String {
        scopes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repetition_do_not_matter() {
        assert_eq!(Scopes::parse_known("email openid  email").to_string(), "openid email");
        assert_eq!(Scopes::parse_known("").to_string(), "");
    }

    #[test]
    fn oauth_28_unknown_scopes_are_dropped() {
        assert_eq!(Scopes::parse_known("openid admin OPENID open\u{131}d").to_string(), "openid");
    }

    #[test]
    fn scopes_travel_as_text() {
        let scopes = Scopes::parse_known("openid offline_access");
        let json = serde_json::to_string(&scopes).unwrap();
        assert_eq!(json, "\"openid offline_access\"");
        assert_eq!(serde_json::from_str::<Scopes>(&json).unwrap(), scopes);
    }
}
