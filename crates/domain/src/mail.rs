//! Mail to people: what is said, never how it looks.

use serde::{Deserialize, Serialize};

use crate::EmailAddress;

/// What a mail says. Rendered when it is sent; sealed until then, since codes and links are secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailContent {
    /// An external account was linked to the person's account.
    AccountLinked {
        /// Name of the connection.
        connection: String,
        /// The external address or name, masked.
        external: String,
    },
    /// An external account was unlinked.
    AccountUnlinked {
        /// Name of the connection.
        connection: String,
    },
    /// A code that proves who reads this mailbox, typed in the same browser.
    OwnershipCode {
        /// The code, for the person to type.
        code: String,
        /// Name of the connection that wants to be linked.
        connection: String,
        /// For how many minutes it works.
        minutes: u32,
    },
    /// An invitation to set a password.
    Invitation {
        /// The one-time link.
        link: String,
        /// The account's user name.
        username: String,
        /// For how many hours it works.
        hours: u32,
    },
    /// A test of the mail settings.
    Test,
}

impl std::fmt::Debug for MailContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AccountLinked { .. } => "AccountLinked",
            Self::AccountUnlinked { .. } => "AccountUnlinked",
            Self::OwnershipCode { .. } => "OwnershipCode",
            Self::Invitation { .. } => "Invitation",
            Self::Test => "Test",
        })
    }
}

/// A mail to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// To whom.
    pub to: EmailAddress,
    /// Language tag of the person, e.g. `de`; absent: the default.
    #[serde(default)]
    pub language: Option<String>,
    /// What it says.
    pub content: MailContent,
}
