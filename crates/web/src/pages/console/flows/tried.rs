//! Trying a flow before people meet it: simulated people, and recorded sign-ins.

use askama::Template;
use chrono::{DateTime, Utc};

use super::FlowAddress;
use crate::forms::FormErrors;
use crate::pages::Tag;
use crate::pages::console::Shell;

/// What is tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SimulateForm {
    /// Client id; only on the page of the default flow.
    pub application: String,
    /// What people meet now, rather than the draft.
    pub published: bool,
    pub user: String,
    /// JSON.
    pub claims: String,
    /// Empty: all; `local`; the id of a connection.
    pub way: String,
    pub ip: String,
    pub agent: String,
    /// UTC.
    pub at: String,
}

/// One way in, as it went.
#[derive(Debug, Clone)]
pub struct SimulatedRow {
    pub way: String,
    pub pages: Vec<String>,
    pub steps: String,
    pub result: Tag,
    pub reason: String,
    pub acr: String,
    pub decision: String,
    pub calls: Vec<String>,
    pub logs: Vec<String>,
    /// Whether a call out was not made.
    pub stubbed: bool,
}

/// "Simulate".
#[derive(Debug, Template)]
#[template(path = "console/flows/simulate.html")]
pub struct SimulatePage {
    pub shell: Shell,
    pub at: FlowAddress,
    /// To choose from, with their names; empty where the page is about one.
    pub applications: Vec<(String, String)>,
    /// Connections, with their names.
    pub ways: Vec<(String, String)>,
    /// Whether this admin may send forms.
    pub may_type: bool,
    pub draft: bool,
    pub form: SimulateForm,
    /// People who might be meant: user name and name.
    pub proposed: Vec<(String, String)>,
    /// The matrix; absent before the first try.
    pub rows: Option<Vec<SimulatedRow>>,
    pub errors: FormErrors,
}

impl SimulatePage {
    fn picks(&self, application: &str) -> bool {
        self.form.application == application
    }

    fn goes(&self, way: &str) -> bool {
        self.form.way == way
    }

    /// The address that tries it with somebody else.
    fn with(&self, user: &str) -> String {
        let which = if self.form.published { "published" } else { "draft" };
        let form = &self.form;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("user", user).append_pair("which", which);
        let others = [("application", &form.application), ("way", &form.way), ("ip", &form.ip), ("at", &form.at)];
        for (name, value) in others.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        format!("{}?{}", self.at.at("simulate"), query.finish())
    }
}

/// One recorded sign-in.
#[derive(Debug, Clone)]
pub struct ReplayRow {
    pub at: DateTime<Utc>,
    /// Masked.
    pub person: String,
    pub application: String,
    pub from: String,
    pub tag: Tag,
    /// Empty where it comes to the same.
    pub to: String,
    pub reference: String,
    pub href: String,
}

/// "Replay".
#[derive(Debug, Template)]
#[template(path = "console/flows/replay.html")]
pub struct ReplayPage {
    pub shell: Shell,
    pub at: FlowAddress,
    pub draft: bool,
    /// Whether sign-ins are recorded.
    pub recording: bool,
    /// Whether it is the flow of many applications.
    pub shared: bool,
    pub last: u32,
    pub most: u32,
    /// Would change, unknown, same, left out; absent before the first run.
    pub counts: Option<(usize, usize, usize, usize)>,
    pub rows: Vec<ReplayRow>,
}
