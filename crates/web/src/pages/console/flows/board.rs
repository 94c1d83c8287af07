//! The board: one form, so that no button loses what was typed elsewhere on the page.

use askama::Template;
use usher_domain::FlowId;

use super::FlowAddress;
use crate::forms::FormErrors;
use crate::pages::console::Shell;
use crate::pages::login::{PasswordForm, WayToSignIn, Ways};
use crate::pages::{Named, Notice, Tag, Ui};

/// One way through a step.
#[derive(Debug, Clone)]
pub struct OptionRow {
    /// Its place in the step, from 0.
    pub position: usize,
    pub name: Named,
    pub tags: Vec<Tag>,
    pub first: bool,
    pub last: bool,
}

/// One step.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own on the page")]
pub struct StepColumn {
    pub number: u8,
    pub options: Vec<OptionRow>,
    pub last: bool,
    pub subject: bool,
    pub attributes: bool,
    /// Whether it holds a factor that recovery codes stand in for.
    pub second_factor: bool,
    pub recovery: bool,
    /// Whether the preview shows it.
    pub selected: bool,
}

/// What a finding is about, for its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    StepCount,
    StepEmpty,
    SubjectStep,
    SecondFactorFirst,
    SecondFactorNoFirst,
    ConnectionGone,
    ConnectionDisabled,
    /// Provisioning is off.
    JitOff,
    /// Provisioning is skipped where no account is found.
    JitSkipped,
    PasskeyEnrol,
    PasskeyNoDomain,
    Script,
}

/// A button that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixView {
    /// The action that it posts.
    pub action: String,
    pub label: String,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct FindingView {
    pub code: String,
    pub kind: FindingKind,
    /// `danger`, `warn` or `info`.
    pub class: &'static str,
    /// The level in a word.
    pub word: &'static str,
    /// Whether it carries the tick that accepts warnings of its code: the first of them does.
    pub accept: bool,
    pub accepted: bool,
    pub step: u8,
    /// Names of connections, or of the option.
    pub names: String,
    /// Names of factors.
    pub factors: String,
    /// What the engine says.
    pub message: String,
    pub fixes: Vec<FixView>,
}

/// A problem of the script, in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemRow {
    pub line: u32,
    pub from: usize,
    pub code: String,
    pub message: String,
    pub error: bool,
}

/// The part below the board.
#[derive(Debug, Clone)]
pub struct ScriptPart {
    pub on: bool,
    pub text: String,
    pub problems: Vec<ProblemRow>,
    /// Whether somebody pressed Check.
    pub checked: bool,
    /// Id, title and group of the templates.
    pub templates: Vec<(&'static str, &'static str, &'static str)>,
}

/// The sign-in page of the selected step, from the template of the real one.
#[derive(Debug, Clone, Template)]
#[template(path = "login/sign_in.html", block = "main")]
pub struct SignInPreview {
    pub ui: Ui,
    pub flow: FlowId,
    pub application: String,
    pub csrf: String,
    pub step: u64,
    pub ways: Ways,
    pub identifier: Option<String>,
    pub password: Option<PasswordForm>,
    /// An empty question, where the step takes a passkey.
    pub passkey: Option<String>,
    pub notice: Option<Notice>,
    pub errors: FormErrors,
}

impl askama::filters::HtmlSafe for SignInPreview {}

impl SignInPreview {
    fn passkey_class(&self) -> &'static str {
        let alone = self.password.is_none() && self.ways.first().is_empty();
        if alone { "button" } else { "button secondary" }
    }

    #[expect(clippy::unused_self, reason = "the template of the real page asks the page")]
    fn name_autocomplete(&self) -> &'static str {
        "off"
    }

    /// The page with these ways in.
    pub fn new(ui: &Ui, application: &str, ways: Vec<WayToSignIn>, password: Option<PasswordForm>) -> Option<Self> {
        Some(Self {
            ui: ui.clone(),
            flow: FlowId::parse("f_preview").ok()?,
            application: application.to_owned(),
            csrf: String::new(),
            step: 0,
            ways: Ways::arrange(ways, None),
            identifier: None,
            password,
            passkey: None,
            notice: None,
            errors: FormErrors::none(),
        })
    }
}

/// The board.
#[derive(Debug, Template)]
#[template(path = "console/flows/board.html")]
pub struct FlowPage {
    pub shell: Shell,
    pub at: FlowAddress,
    pub steps: Vec<StepColumn>,
    pub findings: Vec<FindingView>,
    pub script: ScriptPart,
    /// Whether there is a draft.
    pub draft: bool,
    /// Who saved it.
    pub draft_by: String,
    /// Number of the published version.
    pub published: Option<i64>,
    /// `list` or `identifier_first`.
    pub identifier_first: bool,
    pub remember_days: String,
    pub note: String,
    /// Connections that the flow may be tried with, with their names.
    pub ways: Vec<(String, String)>,
    pub selected: u8,
    /// The real page; absent where the step asks for factors only.
    pub preview: Option<SignInPreview>,
    /// The factors of a step without a page of its own.
    pub preview_factors: Vec<String>,
    pub may_grow: bool,
    pub version: i64,
    pub errors: FormErrors,
}

impl FlowPage {
    fn editor(&self) -> Option<&'static str> {
        crate::assets::find(crate::assets::SCRIPT_EDITOR).map(|_| self.shell.ui.asset(crate::assets::SCRIPT_EDITOR))
    }
}
