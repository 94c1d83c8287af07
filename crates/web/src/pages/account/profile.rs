//! What is known about the person.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::Tag;

/// One attribute.
#[derive(Debug, Clone)]
pub struct AttributeEntry {
    /// Name and id of its field.
    pub field: String,
    pub label: String,
    pub values: Vec<String>,
    /// What stands in its field, one value a line.
    pub value: String,
    /// Who set it; empty: nobody yet.
    pub source: String,
    pub at: Option<DateTime<Utc>>,
    /// Who vouches for it, where that matters.
    pub verified: Option<Tag>,
}

impl AttributeEntry {
    /// Whether its field takes several lines.
    pub fn has_lines(&self) -> bool {
        self.value.contains('\n')
    }
}

/// Everything, with a form for what may be changed.
#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage {
    pub shell: Shell,
    pub username: String,
    /// Whether the e-mail address may be changed.
    pub email_changes: bool,
    pub known: Vec<AttributeEntry>,
    pub editable: Vec<AttributeEntry>,
    pub version: i64,
    pub errors: FormErrors,
}

/// Another e-mail address.
#[derive(Template)]
#[template(path = "account/email.html")]
pub struct EmailPage {
    pub shell: Shell,
    /// As it is; empty: none.
    pub current: String,
    /// Whether mail can be sent.
    pub mail: bool,
    /// What waits for its code.
    pub pending: Option<String>,
    /// What was typed.
    pub address: String,
    pub errors: FormErrors,
}
