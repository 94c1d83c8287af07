//! The page behind a one-time link: the first admin, an admin who gets back in, or an invited person.

use askama::Template;

use super::Ui;
use crate::forms::FormErrors;

/// What the link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupPurpose {
    /// There is no admin yet.
    FirstAdmin,
    /// An admin chooses a new password.
    Recovery,
    /// An invited person chooses the first password of the account.
    Invitation,
    /// A person who forgot the password chooses a new one.
    NewPassword,
}

/// User name and a password, twice.
#[derive(Debug, Template)]
#[template(path = "login/setup.html")]
pub struct SetupPage {
    pub ui: Ui,
    pub purpose: SetupPurpose,
    /// Where the form is posted: the page's own path.
    pub action: String,
    pub csrf: String,
    pub username: String,
    /// Shortest password accepted.
    pub password_characters: u64,
    pub errors: FormErrors,
}

impl SetupPage {
    fn key(&self, part: &str) -> String {
        let purpose = match self.purpose {
            SetupPurpose::FirstAdmin => "setup",
            SetupPurpose::Recovery => "recovery",
            SetupPurpose::Invitation => "invitation",
            SetupPurpose::NewPassword => "new-password",
        };
        format!("{purpose}-{part}")
    }

    fn is_invitation(&self) -> bool {
        matches!(self.purpose, SetupPurpose::Invitation | SetupPurpose::NewPassword)
    }

    fn password_hint(&self) -> String {
        self.ui.count("password-hint", "characters", self.password_characters)
    }
}

/// The password is set.
#[derive(Debug, Template)]
#[template(path = "login/account_ready.html")]
pub struct AccountReadyPage {
    pub ui: Ui,
    pub username: String,
}
