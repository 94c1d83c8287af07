//! Pages of what scripts share: pages that they show, mails that they send, and what they may reach.

use askama::Template;

use super::super::Shell;
use crate::forms::FormErrors;
use crate::pages::paths::routes;

/// A page that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PromptForm {
    pub name: String,
    pub title: String,
    pub text: String,
    /// One field a line.
    pub fields: String,
    pub version: i64,
}

/// Settings › Script pages.
#[derive(Debug, Template)]
#[template(path = "console/flows/prompts.html")]
pub struct PromptsPage {
    pub shell: Shell,
    /// Name and heading.
    pub rows: Vec<(String, String)>,
    pub form: PromptForm,
    pub errors: FormErrors,
}

/// A mail that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailForm {
    pub name: String,
    pub subject: String,
    pub text: String,
    pub version: i64,
}

/// Settings › Script mails.
#[derive(Debug, Template)]
#[template(path = "console/flows/mails.html")]
pub struct MailsPage {
    pub shell: Shell,
    /// Name and subject.
    pub rows: Vec<(String, String)>,
    pub form: MailForm,
    pub errors: FormErrors,
}

/// Settings › What scripts may reach.
#[derive(Debug, Template)]
#[template(path = "console/flows/reach.html")]
pub struct ReachPage {
    pub shell: Shell,
    pub hosts: String,
    pub groups: String,
    pub version: i64,
    pub errors: FormErrors,
}
