//! The flow editor: the board with its steps, what is wrong with it, the script below, and the pages around it.

mod around;
mod board;
mod shared;
mod tried;

use crate::pages::paths::routes;

use super::ApplicationHead;

pub use around::{
    AddOptionPage, DiffLine, FlowHistoryPage, FlowRevertPage, FlowStartPage, LibrariesPage, LibraryForm, LibraryRow,
    OptionChoice, OptionGroup, ReferenceGroup, ReferencePage, ScriptSecretRow, SecretsPage, SkipScriptPage,
    StartChoice, VersionRow,
};
pub use board::{
    FindingKind, FindingView, FixView, FlowPage, OptionRow, ProblemRow, ScriptPart, SignInPreview, StepColumn,
};
pub use shared::{MailForm, MailsPage, PromptForm, PromptsPage, ReachPage};
pub use tried::{ReplayPage, ReplayRow, SimulateForm, SimulatePage, SimulatedRow};

/// Whose flow a page is about, and where it stands.
#[derive(Debug, Clone)]
pub struct FlowAddress {
    /// Address of the board.
    pub base: String,
    /// Whose it is.
    pub subject: FlowSubject,
}

/// Whose flow.
#[derive(Debug, Clone)]
pub enum FlowSubject {
    /// Of every application that has none of its own.
    Default,
    /// Of the account page.
    AccountPage,
    /// Of an application.
    Application(ApplicationHead),
}

impl FlowAddress {
    /// A page below the board.
    pub fn at(&self, page: &str) -> String {
        format!("{}/{page}", self.base)
    }

    /// What the flow is called.
    pub fn title(&self) -> String {
        match &self.subject {
            FlowSubject::Application(application) => application.name.name().to_owned(),
            FlowSubject::AccountPage => "Account page".to_owned(),
            FlowSubject::Default => "Default flow".to_owned(),
        }
    }

    /// The application, where it is one's.
    pub fn application(&self) -> Option<&ApplicationHead> {
        match &self.subject {
            FlowSubject::Application(application) => Some(application),
            FlowSubject::AccountPage | FlowSubject::Default => None,
        }
    }

    /// Whether it is the one of the account page.
    pub fn is_account_page(&self) -> bool {
        matches!(self.subject, FlowSubject::AccountPage)
    }

    /// Whether it is the one for all.
    pub fn is_default(&self) -> bool {
        matches!(self.subject, FlowSubject::Default)
    }
}

/// The reference, for people.
pub const REFERENCE: &str = routes::SCRIPT_REFERENCE;
