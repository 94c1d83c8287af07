//! The tabs Groups and Advanced, and the report of accounts at risk.

use askama::Template;

use super::ConnectionHead;
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::console::Shell;
use crate::pages::paths::routes;

/// A row of the group mapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupRow {
    pub external: String,
    /// Id of the local group.
    pub group: String,
}

/// What the tab Groups holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupsForm {
    pub claim: String,
    pub separator: String,
    pub rows: Vec<GroupRow>,
    pub create_missing: bool,
    pub remove: bool,
    /// Override instead of merge.
    pub overrides: bool,
    pub version: i64,
}

/// Tab Groups: fields `external_{n}` and `group_{n}`.
#[derive(Debug, Template)]
#[template(path = "console/connection/groups.html")]
pub struct ConnectionGroupsPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub form: GroupsForm,
    /// Id and name of the local groups.
    pub groups: Vec<(String, String)>,
    /// Whether just-in-time provisioning is on: without it no membership is written.
    pub jit: bool,
    pub errors: FormErrors,
}

impl ConnectionGroupsPage {
    fn is_known(&self, row: &GroupRow) -> bool {
        row.group.is_empty() || self.groups.iter().any(|(id, _)| *id == row.group)
    }
}

/// What the tab Advanced holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AdvancedForm {
    pub prove_ownership: String,
    pub on_failure: String,
    pub username_from: String,
    pub ignore_case: bool,
    pub several: bool,
    pub recording: bool,
    pub trusted_mfa: String,
    pub version: i64,
}

impl AdvancedForm {
    fn proves(&self, value: &str) -> bool {
        self.prove_ownership == value
    }

    fn fails(&self, value: &str) -> bool {
        self.on_failure == value
    }
}

/// Tab Advanced.
#[derive(Debug, Template)]
#[template(path = "console/connection/advanced.html")]
pub struct ConnectionAdvancedPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub form: AdvancedForm,
    pub errors: FormErrors,
}

/// An account that the connection could reach.
#[derive(Debug, Clone)]
pub struct AtRiskRow {
    pub href: String,
    pub name: Named,
    /// How.
    pub how: String,
    /// Whether its owner would be asked first.
    pub proof: bool,
}

/// "What could this connection take over today?"
#[derive(Debug, Template)]
#[template(path = "console/connection/at_risk.html")]
pub struct ConnectionAtRiskPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub rows: Vec<AtRiskRow>,
    /// Accounts looked at for this page.
    pub looked_at: usize,
    /// Whether it is the first page.
    pub first: bool,
    /// Where the next page goes on.
    pub next: Option<String>,
}

impl ConnectionAtRiskPage {
    fn next_href(&self, after: &str) -> String {
        format!("{}?after={after}", self.connection.at(routes::CONNECTION_AT_RISK))
    }
}
