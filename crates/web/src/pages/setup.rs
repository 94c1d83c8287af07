//! The page behind a one-time link: the first admin, or an admin who gets back in.

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
        };
        format!("{purpose}-{part}")
    }

    fn password_hint(&self) -> String {
        self.ui.count("password-hint", "characters", self.password_characters)
    }
}
