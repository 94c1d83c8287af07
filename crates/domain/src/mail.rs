//! Mail to people: what is said, never how it looks.

use serde::{Deserialize, Serialize};

use crate::{Authenticator, EmailAddress};

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
    /// A code that proves a sign-in: typed on the page that asks for it.
    SignInCode {
        /// The code, for the person to type.
        code: String,
        /// Name of the application that the person signs in to.
        application: String,
        /// For how many minutes it works.
        minutes: u32,
    },
    /// A way to prove oneself was set up.
    FactorAdded {
        /// Which.
        factor: Authenticator,
        /// What the person calls it.
        name: String,
    },
    /// A way to prove oneself was removed.
    FactorRemoved {
        /// Which.
        factor: Authenticator,
        /// What the person called it.
        name: String,
    },
    /// The password was set or changed.
    PasswordChanged,
    /// New recovery codes replaced the old ones.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        left: u32,
    },
    /// The helpdesk removed every second factor.
    FactorsReset,
    /// The helpdesk handed out a one-time code in place of a second factor.
    BypassIssued {
        /// For how many minutes it works.
        minutes: u32,
    },
    /// The code of the helpdesk was used.
    BypassUsed,
    /// Too many wrong answers to a second factor: somebody else may know the password.
    FactorsLocked {
        /// For how many minutes none is looked at.
        minutes: u32,
    },
    /// A link to choose a new password.
    PasswordReset {
        /// The one-time link.
        link: String,
        /// The account's user name.
        username: String,
        /// For how many minutes it works.
        minutes: u32,
    },
    /// What the script of a sign-in sends: a mail that an admin wrote.
    ByScript {
        /// Its subject.
        subject: String,
        /// Its paragraphs.
        paragraphs: Vec<String>,
    },
    /// A code that proves who reads a new address, typed in the account page.
    EmailChangeCode {
        /// The code, for the person to type.
        code: String,
        /// For how many minutes it works.
        minutes: u32,
    },
    /// The address of an account was changed; it goes to the old one.
    EmailChanged {
        /// The new one, masked.
        address: String,
    },
    /// The owner said that somebody else was in the account, and it was closed to them.
    AccountSecured,
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
            Self::SignInCode { .. } => "SignInCode",
            Self::FactorAdded { .. } => "FactorAdded",
            Self::FactorRemoved { .. } => "FactorRemoved",
            Self::PasswordChanged => "PasswordChanged",
            Self::RecoveryCodesMade => "RecoveryCodesMade",
            Self::RecoveryCodeUsed { .. } => "RecoveryCodeUsed",
            Self::FactorsReset => "FactorsReset",
            Self::BypassIssued { .. } => "BypassIssued",
            Self::BypassUsed => "BypassUsed",
            Self::FactorsLocked { .. } => "FactorsLocked",
            Self::PasswordReset { .. } => "PasswordReset",
            Self::ByScript { .. } => "ByScript",
            Self::EmailChangeCode { .. } => "EmailChangeCode",
            Self::EmailChanged { .. } => "EmailChanged",
            Self::AccountSecured => "AccountSecured",
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
