//! What a run comes to: the next command, or the end, with the lines it logged and the calls it made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Effect, Fact};

/// One run of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What to do next.
    pub outcome: Outcome,
    /// What the script logged, from the top. Secrets are masked.
    pub logs: Vec<LogLine>,
    /// The calls in order, readable: `executeStep(2)`. Secrets are masked.
    pub calls: Vec<String>,
    /// Everything the script wants to have changed, from the top, in order. See [`Effect::is_immediate`].
    pub effects: Vec<Effect>,
    /// What the script looked at that may differ from person to person (`groups`, `localClaims.email`, `request.ip`).
    pub reads: Vec<String>,
    /// Processor time used.
    pub cpu_ms: u64,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Ask for a step.
    Execute(Box<Execution>),
    /// Show a page.
    Prompt(Box<Prompt>),
    /// Find this out, store the answer under [`Fact::key`], and run again.
    Need(Box<Fact>),
    /// The sign-in may finish.
    Succeed {
        /// `acr` chosen by `selectAcrFrom` or `context.selectedAcr`.
        acr: Option<String>,
    },
    /// The script ended without executing a step: no sign-in.
    NothingExecuted,
    /// A step failed and nothing the script did makes up for it.
    Refused {
        /// The step.
        step: u8,
        /// What happened to it.
        why: Unmet,
    },
    /// `sendError`: an error page, or a redirect to an allowed URL.
    SendError {
        /// Where to; absent: the error page.
        url: Option<String>,
        /// What the page or the URL shall carry.
        params: BTreeMap<String, String>,
    },
    /// `fail`: an error of the protocol, to the application.
    Fail {
        /// `errorCode`.
        code: Option<String>,
        /// `errorMessage`.
        message: Option<String>,
        /// `errorURI`.
        uri: Option<String>,
    },
    /// The script is broken: the sign-in fails with `script_error`.
    Broken(ScriptError),
}

impl Outcome {
    /// The text that a [`crate::StepResult`] repeats, so that a run which now asks for something else is noticed.
    pub fn call(&self) -> &str {
        match self {
            Self::Execute(asked) => &asked.call,
            Self::Prompt(asked) => &asked.call,
            _ => "",
        }
    }
}

/// Why a step counts as not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unmet {
    /// It failed, without `onFail`, or `onFail` led to no other step that succeeded.
    Failed,
    /// The person gave up, likewise.
    Aborted,
    /// `authenticationOptions` left no option.
    NoOptionLeft,
}

/// Ask for a step.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that scripts write")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Execution {
    /// Which, from 1.
    pub step: u8,
    /// The options left by `authenticationOptions`; absent: all.
    pub only: Option<Vec<OptionFilter>>,
    /// `authenticatorParams`.
    pub params: AuthenticatorParams,
    /// Ask even where the session already satisfies the step.
    pub force_auth: bool,
    /// This step says who the person is.
    pub mark_subject: bool,
    /// This step gives the attributes.
    pub mark_attributes: bool,
    /// Do not show a page of choices.
    pub skip_prompt: bool,
    /// The script has an `onFail`: report a failure rather than let the person try for ever.
    pub answers_failure: bool,
    /// The script has an `onUserAbort`.
    pub answers_abort: bool,
    /// For [`crate::StepResult::call`].
    pub call: String,
}

/// An option that `authenticationOptions` lets through. At least one side is present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionFilter {
    /// `LOCAL` or a connection's script name.
    pub idp: Option<String>,
    /// An authenticator.
    pub authenticator: Option<String>,
}

/// `authenticatorParams`; values as text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AuthenticatorParams {
    /// By local authenticator.
    pub local: BTreeMap<String, BTreeMap<String, String>>,
    /// By connection.
    pub federated: BTreeMap<String, BTreeMap<String, String>>,
    /// For all.
    pub common: BTreeMap<String, String>,
}

/// Show a page that an admin wrote, or the identifier-first page of a step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prompt {
    /// The template; absent: the plain identifier page.
    pub template: Option<String>,
    /// What it shows.
    pub data: Value,
    /// The step whose identifier is asked for, with `promptIdentifierForStep`.
    pub identifier_for: Option<u8>,
    /// For [`crate::StepResult::call`].
    pub call: String,
}

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// `Log.debug`.
    Debug,
    /// `Log.info`.
    Info,
    /// `Log.warn`.
    Warn,
    /// `Log.error`.
    Error,
}

/// A line that the script logged; control characters are escaped, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How loud.
    pub level: LogLevel,
    /// The text.
    pub text: String,
}

/// What went wrong with a script, in words for its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// Which kind.
    pub kind: ErrorKind,
    /// One sentence.
    pub message: String,
    /// Line of the script, from 1, where known.
    pub line: Option<u32>,
    /// Column, from 1, where known.
    pub column: Option<u32>,
}

/// The kinds of [`ScriptError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The text does not parse.
    Syntax,
    /// The text is too long.
    TooLong,
    /// There is no function `onLoginRequest`.
    NoEntry,
    /// The script threw.
    Threw,
    /// Too much time.
    Time,
    /// Too much memory, or too deep a recursion.
    Memory,
    /// Too many calls.
    TooManyCalls,
    /// A function was called with something it does not take (an unknown step, claim, secret, template).
    BadCall,
    /// The recorded results do not fit the calls: the run fails closed.
    Diverged,
    /// The engine itself failed.
    Crashed,
}

impl ErrorKind {
    /// The stable text, for traces and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::TooLong => "too_long",
            Self::NoEntry => "no_entry",
            Self::Threw => "threw",
            Self::Time => "time",
            Self::Memory => "memory",
            Self::TooManyCalls => "too_many_calls",
            Self::BadCall => "bad_call",
            Self::Diverged => "diverged",
            Self::Crashed => "crashed",
        }
    }
}

impl OptionFilter {
    /// Whether an option of a step passes.
    pub fn lets_through(&self, option: &crate::OptionShape) -> bool {
        self.idp.as_ref().is_none_or(|idp| *idp == option.idp)
            && self.authenticator.as_ref().is_none_or(|name| *name == option.authenticator)
    }
}
