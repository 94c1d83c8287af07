//! One connection: its tabs, the result of a test sign-in, deletion.

mod jit;
mod settings;
mod tabs;

use askama::Template;
use usher_domain::{ConnectionId, CorrelationId};

pub use jit::{ConnectionJitPage, JitForm, RuleForm, TriedResult, TryIt};
pub use settings::{ConnectionSettingsPage, EndpointField, SettingsForm};
pub use tabs::{
    AdvancedForm, AtRiskRow, ConnectionAdvancedPage, ConnectionAtRiskPage, ConnectionGroupsPage, GroupRow, GroupsForm,
};

use super::{Shell, SignInRow};
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{Check, Link, Named, Tag};

/// A tab; each is a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionTab {
    General,
    Settings,
    Attributes,
    Groups,
    Jit,
    Advanced,
    Activity,
}

impl ConnectionTab {
    /// In the order of the page.
    pub const ALL: [Self; 7] =
        [Self::General, Self::Settings, Self::Attributes, Self::Groups, Self::Jit, Self::Advanced, Self::Activity];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::General => "tab-general",
            Self::Settings => "tab-settings",
            Self::Attributes => "tab-attributes",
            Self::Groups => "tab-groups",
            Self::Jit => "tab-jit",
            Self::Advanced => "tab-advanced",
            Self::Activity => "tab-activity",
        }
    }

    fn href(self, id: &ConnectionId) -> String {
        paths::connection(self.route(), id)
    }

    fn route(self) -> &'static str {
        match self {
            Self::General => routes::CONNECTION_GENERAL,
            Self::Settings => routes::CONNECTION_SETTINGS,
            Self::Attributes => routes::CONNECTION_ATTRIBUTES,
            Self::Groups => routes::CONNECTION_GROUPS,
            Self::Jit => routes::CONNECTION_JIT,
            Self::Advanced => routes::CONNECTION_ADVANCED,
            Self::Activity => routes::CONNECTION_ACTIVITY,
        }
    }
}

/// The head over all tabs.
#[derive(Debug, Clone)]
pub struct ConnectionHead {
    pub id: ConnectionId,
    pub name: Named,
    /// What it speaks: "OpenID Connect".
    pub kind: String,
    pub enabled: bool,
    pub status: Tag,
}

impl ConnectionHead {
    fn at(&self, route: &str) -> String {
        paths::connection(route, &self.id)
    }
}

/// Fields of the tab General.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GeneralForm {
    pub name: String,
    /// Empty: "Continue with {name}".
    pub button_text: String,
    /// For admins.
    pub description: String,
    /// `shown`, `hidden` or `link_only`.
    pub listing: String,
    /// One per line.
    pub email_domains: String,
    pub version: i64,
}

impl GeneralForm {
    fn lists(&self, value: &str) -> bool {
        self.listing == value
    }
}

/// Tab General.
#[derive(Debug, Template)]
#[template(path = "console/connection/general.html")]
pub struct ConnectionGeneralPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub script_name: String,
    pub form: GeneralForm,
    /// E-mail domains that anybody gets an address on.
    pub public_mail: Vec<String>,
    /// Applications that offer it.
    pub used_by: Vec<Link>,
    pub errors: FormErrors,
}

/// A row of the mapping; empty ones are for new entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MappingRow {
    pub claim: String,
    pub attribute: String,
    /// Stored when the provider sends nothing.
    pub default: String,
    /// Masked sample of the last recorded sign-in; empty: none.
    pub received: String,
}

/// What the tab Attributes holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MappingForm {
    pub rows: Vec<MappingRow>,
    /// The claim that names the person; absent: the kind leaves no choice.
    pub subject: Option<String>,
    pub version: i64,
}

/// Tab Attributes: fields `claim_{n}`, `attribute_{n}` and `default_{n}`.
#[derive(Debug, Template)]
#[template(path = "console/connection/attributes.html")]
pub struct ConnectionAttributesPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub form: MappingForm,
    /// Accounts that are linked by the present subject.
    pub links: u64,
    /// Claims known from the last test sign-in or the provider's document.
    pub known_claims: Vec<String>,
    /// Attributes known here, with their labels.
    pub known_attributes: Vec<(String, String)>,
    pub errors: FormErrors,
}

/// Tab Activity: the connection's latest sign-ins.
#[derive(Debug, Template)]
#[template(path = "console/connection/activity.html")]
pub struct ConnectionActivityPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub rows: Vec<SignInRow>,
    /// What was decided in the last 30 days: outcome and how often.
    pub outcomes: Vec<(String, i64)>,
    /// Accounts linked through it.
    pub linked_accounts: i64,
    /// Applications that offer it.
    pub used_by: Vec<Link>,
}

/// "Delete this connection?"
#[derive(Debug, Template)]
#[template(path = "console/connection/delete.html")]
pub struct ConnectionDeletePage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    /// Applications that name it; not empty: refused.
    pub used_by: Vec<Link>,
    /// Links from accounts that go with it.
    pub linked_accounts: u64,
    /// Accounts that it made itself.
    pub made_accounts: u64,
    pub version: i64,
    pub errors: FormErrors,
}

/// A claim received in a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    pub name: String,
    pub value: String,
    /// The local attribute it feeds, if any.
    pub attribute: Option<String>,
}

/// How a test sign-in ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestResult {
    /// It has not been run.
    NotRun,
    /// The provider's answer holds.
    Works { claims: Vec<ClaimRow>, checks: Vec<Check>, linking: Vec<LinkingRow>, decision: Vec<String> },
    /// It does not.
    Fails { reason: String, fix: String, checks: Vec<Check>, correlation: CorrelationId },
}

/// What a linking rule would compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkingRow {
    pub federated: String,
    pub local: String,
    /// What the provider sent, if anything.
    pub received: Option<String>,
}

/// Test sign-in: start it, see what came back. Links nothing, creates nobody.
#[derive(Debug, Template)]
#[template(path = "console/connection/test.html")]
pub struct TestSignInPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub result: TestResult,
}
