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
pub use tried::{ReplayPage, ReplayRow, SimulateForm, SimulatePage, SimulatedRow};
pub use shared::{MailForm, MailsPage, PromptForm, PromptsPage, ReachPage};

/// Whose flow a page is about, and where it stands.
#[derive(Debug, Clone)]
pub struct FlowAddress {
    /// Address of the board.
    pub base: String,
    /// The application; absent for the default flow.
    pub application: Option<ApplicationHead>,
}

impl FlowAddress {
    /// A page below the board.
    pub fn at(&self, page: &str) -> String {
        format!("{}/{page}", self.base)
    }

    /// What the flow is called.
    pub fn title(&self) -> String {
        match &self.application {
            Some(application) => application.name.name().to_owned(),
            None => "Default flow".to_owned(),
        }
    }
}

/// The reference, for people.
pub const REFERENCE: &str = routes::SCRIPT_REFERENCE;
