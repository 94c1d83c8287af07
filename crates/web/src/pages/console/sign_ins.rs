//! The sign-in log and the trace of one sign-in.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::{CorrelationId, RefusalCode, TraceStage};

use super::Shell;
use crate::pages::paths;
use crate::pages::{Check, Fact, Link, Tag, Tone, Ui};

/// One sign-in in the log.
#[derive(Debug, Clone)]
pub struct SignInRow {
    pub trace: CorrelationId,
    pub at: DateTime<Utc>,
    pub finished: bool,
    pub refusal: Option<RefusalCode>,
    /// User name; empty when nobody local is known.
    pub user: String,
    pub application: String,
    /// The connection's name; empty for user name and password, or when none was chosen.
    pub connection: String,
}

impl SignInRow {
    pub(crate) fn href(&self) -> String {
        paths::trace(&self.trace)
    }

    pub(crate) fn result(&self, ui: &Ui) -> Tag {
        result(ui, self.finished, self.refusal)
    }

    pub(crate) fn cause(&self) -> &'static str {
        self.refusal.map_or("", RefusalCode::as_str)
    }
}

fn result(ui: &Ui, finished: bool, refusal: Option<RefusalCode>) -> Tag {
    match (finished, refusal) {
        (true, _) => Tag::new(ui.t("result-finished"), Tone::Ok),
        (false, Some(_)) => Tag::new(ui.t("result-refused"), Tone::Danger),
        (false, None) => Tag::new(ui.t("result-open"), Tone::Neutral),
    }
}

/// The log.
#[derive(Debug, Template)]
#[template(path = "console/sign_ins/list.html")]
pub struct SignInsPage {
    pub shell: Shell,
    /// What was searched for: a reference or a user name; empty: everything.
    pub query: String,
    /// `all`, `finished` or `refused`.
    pub outcome: String,
    /// Nothing has signed in yet at all.
    pub never_used: bool,
    pub rows: Vec<SignInRow>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
}

impl SignInsPage {
    fn outcome_is(&self, value: &str) -> bool {
        self.outcome == value
    }
}

/// One event of the time line.
#[derive(Debug, Clone)]
pub struct TraceEventRow {
    pub at: DateTime<Utc>,
    /// Since the request arrived, for people: "12.1 s".
    pub offset: String,
    pub stage: TraceStage,
    pub text: String,
    pub checks: Vec<Check>,
}

impl TraceEventRow {
    fn stage_key(&self) -> &'static str {
        stage_key(self.stage)
    }

    fn is_bad(&self) -> bool {
        self.checks.iter().any(|check| check.state == crate::pages::CheckState::Failed)
    }
}

/// The key of a stage's name.
pub fn stage_key(stage: TraceStage) -> &'static str {
    match stage {
        TraceStage::Request => "stage-request",
        TraceStage::Page => "stage-page",
        TraceStage::Departure => "stage-departure",
        TraceStage::Answer => "stage-answer",
        TraceStage::Mapping => "stage-mapping",
        TraceStage::Decision => "stage-decision",
        TraceStage::Script => "stage-script",
        TraceStage::End => "stage-end",
        TraceStage::Tokens => "stage-tokens",
    }
}

/// The trace of one sign-in.
#[derive(Debug, Template)]
#[template(path = "console/sign_ins/trace.html")]
pub struct TracePage {
    pub shell: Shell,
    pub trace: CorrelationId,
    pub started_at: DateTime<Utc>,
    pub finished: bool,
    pub refusal: Option<RefusalCode>,
    /// Application, connection, user.
    pub facts: Vec<Fact>,
    /// Settings worth opening: the connection, the user.
    pub links: Vec<Link>,
    pub events: Vec<TraceEventRow>,
}

impl TracePage {
    pub(crate) fn result(&self, ui: &Ui) -> Tag {
        result(ui, self.finished, self.refusal)
    }

    /// What the admin can do next, by cause.
    fn advice(&self) -> Option<String> {
        let code = self.refusal?.as_str().replace('_', "-");
        let key = format!("advice-{code}");
        self.shell.ui.texts.has(&key).then(|| self.shell.ui.t(&key))
    }
}
