//! Settings of the installation: mail. What is set up outside the console is shown, not changed, here.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::Fact;
use crate::pages::paths::routes;

/// Where a test mail goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TestMailForm {
    pub to: String,
}

/// Settings › Email.
#[derive(Debug, Template)]
#[template(path = "console/settings/email.html")]
pub struct EmailSettingsPage {
    pub shell: Shell,
    /// Server, protection, sender; empty: no server is configured.
    pub facts: Vec<Fact>,
    /// How many mails wait, in words.
    pub waiting: String,
    /// When the last mail did not go, and what the server said.
    pub last_failure: Option<(DateTime<Utc>, String)>,
    pub form: TestMailForm,
    pub errors: FormErrors,
}
