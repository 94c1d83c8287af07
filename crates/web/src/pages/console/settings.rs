//! Settings of the installation: mail, which is set up outside the console and shown here; passwords and sessions.

use askama::Template;
use chrono::{DateTime, Utc};

use usher_broker::security::SecurityForm;

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

/// Settings › Security.
#[derive(Debug, Template)]
#[template(path = "console/settings/security.html")]
pub struct SecuritySettingsPage {
    pub shell: Shell,
    pub form: SecurityForm,
    pub errors: FormErrors,
}
