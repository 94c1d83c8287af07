//! Identifiers: opaque lower-case text, made by Usher or written by an admin in a bootstrap file.
//!
//! Every kind of row has a type of its own, so that a user id never lands where a connection id is
//! due. Ids are globally unique, which leaves room for organisations.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Entropy;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an identifier has 1 to 64 characters out of a-z, 0-9, '_' and '-'")]
pub struct InvalidId;

/// Crockford-like alphabet without look-alikes: 32 symbols, five bits each.
const ALPHABET: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k', 'm', 'n', 'p',
    'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
];

fn is_identifier(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// 130 random bits as 26 symbols.
fn random_symbols(entropy: &dyn Entropy, count: usize) -> String {
    let mut bytes = vec![0_u8; count];
    entropy.fill(&mut bytes);
    // 256 is a multiple of 32: the low five bits are uniform.
    bytes.iter().map(|b| ALPHABET.get(usize::from(b & 31)).copied().unwrap_or('0')).collect()
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepts 1 to 64 characters out of `a-z`, `0-9`, `_` and `-`.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if is_identifier(&text) { Ok(Self(text)) } else { Err(InvalidId) }
            }

            /// A new id with 130 random bits behind the prefix of its kind.
            pub fn random(entropy: &dyn Entropy) -> Self {
                Self(format!("{}{}", $prefix, random_symbols(entropy, 26)))
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

identifier!(
    /// A local user account.
    UserId, "u_"
);
identifier!(
    /// A connection: an external identity provider that an admin configured.
    ConnectionId, "c_"
);
identifier!(
    /// An application (a client of ours). Its text is also its OAuth `client_id`.
    ApplicationId, "a_"
);
identifier!(
    /// A sign-in in progress; the `{flow}` of `/login/{flow}`.
    FlowId, "f_"
);
identifier!(
    /// A federated link: connection, issuer and external subject to a user.
    LinkId, "l_"
);
identifier!(
    /// A browser session's public handle (the `sid` claim); never the cookie's value.
    SessionId, "s_"
);
identifier!(
    /// A grant: what one finished sign-in gave one application; its authorization code and tokens hang on it.
    GrantId, "g_"
);
identifier!(
    /// A family of refresh tokens descending from one grant.
    TokenFamilyId, "t_"
);
identifier!(
    /// A local group.
    GroupId, "gr_"
);
identifier!(
    /// An authenticator app that a person enrolled.
    TotpId, "totp_"
);
identifier!(
    /// A mail on its way out.
    MailId, "m_"
);
identifier!(
    /// A recorded sign-in of a connection.
    RecordingId, "rec_"
);
identifier!(
    /// A signing key; the `kid` of JWKS and of token headers.
    KeyId, "k_"
);

/// The OAuth `client_id` is the application's id.
pub type ClientId = ApplicationId;

/// What a person can read out to the help desk: `7f3k-92qx-4dhv`, 60 random bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CorrelationId(String);

impl CorrelationId {
    /// A new correlation id.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let s = random_symbols(entropy, 12).to_uppercase();
        let mut out = String::with_capacity(14);
        for (i, c) in s.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                out.push('-');
            }
            out.push(c);
        }
        Self(out)
    }

    /// Accepts what [`CorrelationId::random`] makes, in either case, with or without the dashes.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let bare: String = text.trim().chars().filter(|c| *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        if bare.len() != 12 || !bare.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(InvalidId);
        }
        let grouped: Vec<String> = bare.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
        Ok(Self(grouped.join("-")))
    }

    /// The text of the id, in groups of four.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CorrelationId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<CorrelationId> for String {
    fn from(id: CorrelationId) -> String {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;
    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (b, i) in bytes.iter_mut().zip(0_u8..) {
                *b = i;
            }
        }
    }

    #[test]
    fn ids_accept_their_alphabet_only() {
        assert!(UserId::parse("u_abc-9").is_ok());
        for bad in ["", "A", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert_eq!(UserId::parse(bad), Err(InvalidId), "{bad}");
        }
    }

    #[test]
    fn random_ids_carry_their_prefix() {
        let id = ConnectionId::random(&Counting);
        assert!(id.as_str().starts_with("c_"));
        assert_eq!(id.as_str().len(), 28);
        assert_eq!(ConnectionId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn correlation_ids_read_back_as_a_person_types_them() {
        let id = CorrelationId::random(&Counting);
        assert_eq!(id.as_str().len(), 14);
        let typed = id.as_str().replace('-', "").to_lowercase();
        assert_eq!(CorrelationId::parse(&typed), Ok(id));
        assert_eq!(CorrelationId::parse("nonsense"), Err(InvalidId));
    }
}
