//! The pages around the board: a beginning, adding an option, confirming, history, and what scripts share.

use askama::Template;
use chrono::{DateTime, Utc};

use super::FlowAddress;
use crate::forms::FormErrors;
use crate::pages::console::Shell;
use crate::pages::paths::routes;
use crate::pages::{Named, Tag};

/// A flow to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartChoice {
    pub id: String,
    pub title: String,
    pub summary: String,
    pub conditional: bool,
}

/// Where a flow begins.
#[derive(Debug, Template)]
#[template(path = "console/flows/start.html")]
pub struct FlowStartPage {
    pub shell: Shell,
    pub at: FlowAddress,
    /// Whether a choice replaces something.
    pub replaces: bool,
    pub choices: Vec<StartChoice>,
    /// Where the simple settings of the application stand.
    pub simple_href: Option<String>,
    pub version: i64,
}

impl FlowStartPage {
    fn basic(&self) -> impl Iterator<Item = &StartChoice> {
        self.choices.iter().filter(|choice| !choice.conditional)
    }

    fn conditional(&self) -> impl Iterator<Item = &StartChoice> {
        self.choices.iter().filter(|choice| choice.conditional)
    }
}

/// An option that a step may get.
#[derive(Debug, Clone)]
pub struct OptionChoice {
    /// `local:totp`, `connection:c_1` or `every`.
    pub value: String,
    pub name: Named,
    pub detail: String,
    pub tags: Vec<Tag>,
    /// Why it cannot be added; empty: it can.
    pub reason: String,
}

/// Options under one heading.
#[derive(Debug, Clone)]
pub struct OptionGroup {
    pub title: &'static str,
    pub options: Vec<OptionChoice>,
}

/// "Add sign-in option".
#[derive(Debug, Template)]
#[template(path = "console/flows/add.html")]
pub struct AddOptionPage {
    pub shell: Shell,
    pub at: FlowAddress,
    pub step: u8,
    pub query: String,
    pub groups: Vec<OptionGroup>,
    pub version: i64,
}

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// `added`, `removed` or `same`.
    pub class: &'static str,
    /// `+`, `−` or a space.
    pub mark: &'static str,
    pub text: String,
}

/// "Skip the step with a script?"
#[derive(Debug, Template)]
#[template(path = "console/flows/skip.html")]
pub struct SkipScriptPage {
    pub shell: Shell,
    pub at: FlowAddress,
    /// The connections whose people are not asked.
    pub names: String,
    /// What they are not asked for.
    pub factors: String,
    pub diff: Vec<DiffLine>,
    /// Whether the script there is was written by hand: it is not replaced.
    pub by_hand: bool,
    pub proposed: String,
    pub version: i64,
    pub errors: FormErrors,
}

/// "Back to the default?"
#[derive(Debug, Template)]
#[template(path = "console/flows/revert.html")]
pub struct FlowRevertPage {
    pub shell: Shell,
    pub at: FlowAddress,
}

/// One published version.
#[derive(Debug, Clone)]
pub struct VersionRow {
    pub number: i64,
    pub published_at: DateTime<Utc>,
    pub published_by: String,
    pub note: String,
    pub current: bool,
}

/// The last versions.
#[derive(Debug, Template)]
#[template(path = "console/flows/history.html")]
pub struct FlowHistoryPage {
    pub shell: Shell,
    pub at: FlowAddress,
    pub rows: Vec<VersionRow>,
    /// The version that is compared with the one before.
    pub compared: Option<i64>,
    pub diff: Vec<DiffLine>,
    pub version: i64,
}

/// One secret; its text is never shown.
#[derive(Debug, Clone)]
pub struct ScriptSecretRow {
    pub name: String,
    pub ending: String,
    pub updated_at: DateTime<Utc>,
}

/// Settings › Script secrets.
#[derive(Debug, Template)]
#[template(path = "console/flows/secrets.html")]
pub struct SecretsPage {
    pub shell: Shell,
    pub rows: Vec<ScriptSecretRow>,
    pub name: String,
    pub errors: FormErrors,
}

/// One library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryRow {
    pub name: String,
    pub lines: usize,
}

/// A library that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LibraryForm {
    pub name: String,
    pub source: String,
    /// 0: a new one.
    pub version: i64,
}

/// Settings › Script libraries.
#[derive(Debug, Template)]
#[template(path = "console/flows/libraries.html")]
pub struct LibrariesPage {
    pub shell: Shell,
    pub rows: Vec<LibraryRow>,
    pub form: LibraryForm,
    pub errors: FormErrors,
}

/// Names under one heading of the reference.
#[derive(Debug, Clone)]
pub struct ReferenceGroup {
    pub title: String,
    pub entries: Vec<usher_flow_script::Entry>,
}

/// What a script can name.
#[derive(Debug, Template)]
#[template(path = "console/flows/reference.html")]
pub struct ReferencePage {
    pub shell: Shell,
    pub query: String,
    pub groups: Vec<ReferenceGroup>,
}
