//! Attributes of a person: named lists of values, each list with its source and time.
//!
//! Names are the `OpenID` Connect claim names where one exists (`email`, `given_name`). Values stay
//! lists end to end; nothing is ever joined with a separator.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, InvalidText, UserId};

/// The name of a local attribute: 1 to 64 characters out of letters, digits, `_`, `-`, `.` and `:`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeName(String);

impl AttributeName {
    /// Checks and wraps a name.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let ok = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b))
            && text != "__proto__";
        if ok {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText("an attribute name has 1 to 64 letters, digits, '_', '-', '.' or ':'"))
        }
    }

    /// The `email` attribute.
    pub fn email() -> Self {
        Self("email".to_owned())
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AttributeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AttributeName {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::parse(&text)
    }
}

impl From<AttributeName> for String {
    fn from(name: AttributeName) -> String {
        name.0
    }
}

/// Who put a value there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "id", rename_all = "snake_case")]
pub enum AttributeSource {
    /// A connection, at a sign-in.
    Connection(ConnectionId),
    /// An admin, in the console or on the command line.
    Admin(UserId),
    /// A bootstrap file or an import.
    Import,
    /// The person.
    Person,
    /// The script of a sign-in. Nobody vouches for it: such a value never leads to an account.
    Script,
}

/// Whether a value is known to belong to the person, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Nobody vouches for it.
    Unverified,
    /// An identity provider that may assert it said so.
    ByProvider,
    /// The person proved it (a code typed back).
    ByPerson,
    /// An admin asserted it.
    ByAdmin,
}

impl Verification {
    /// Whether anybody vouches for the value.
    pub fn is_verified(self) -> bool {
        self != Self::Unverified
    }
}

/// The values of one attribute with where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeValue {
    /// One or more values, in the order received. An attribute without values is not kept at all.
    pub values: Vec<String>,
    /// Who put them there.
    pub source: AttributeSource,
    /// Whether somebody vouches for them.
    pub verified: Verification,
    /// When they were written.
    pub at: DateTime<Utc>,
}

/// The attributes of a person, by name.
pub type AttributeBag = BTreeMap<AttributeName, AttributeValue>;
