//! Local users.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AccountState, AttributeBag, AttributeSource, InvalidText, UserId};

/// The name a person signs in with: unique under [`UserName::unique_key`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl UserName {
    /// 1 to 128 characters: ASCII letters, digits and `. _ - + @`, not starting with a sign.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let ok = (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+@".contains(&b))
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if ok {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText(
                "a user name has 1 to 128 letters, digits, '.', '_', '-', '+' or '@' and starts with a letter or digit",
            ))
        }
    }

    /// The key under which the name is unique: ASCII lower case.
    pub fn unique_key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The name as it was chosen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UserName {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::parse(&text)
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> String {
        name.0
    }
}

/// A right in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, other admins included.
    Owner,
    /// People and their sign-ins: helps those who cannot get in.
    Helpdesk,
    /// Sees everything and changes nothing.
    Auditor,
}

/// A local account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Immutable id.
    pub id: UserId,
    /// The public `sub`: what applications know this person by. For an account that JIT created it
    /// equals the pass-through `sub` of its external identity, so switching JIT never changes it.
    pub public_subject: String,
    /// Name to sign in with.
    pub username: UserName,
    /// Whether the person may sign in.
    pub state: AccountState,
    /// Everything known about the person.
    pub attributes: AttributeBag,
    /// Who created the account.
    pub created_by: AttributeSource,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Rises with every change; optimistic lock.
    pub revision: i64,
}

/// A local account about to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// See [`User::public_subject`].
    pub public_subject: String,
    /// Names to try in order until one is free; the last resort carries random symbols.
    pub username_candidates: Vec<UserName>,
    /// Attributes to store.
    pub attributes: AttributeBag,
}
