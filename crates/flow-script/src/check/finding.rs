//! What a check finds: a stable code, a place, a sentence, and perhaps a fix.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Program, StepShape};

/// What a script may name, for the check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgramShape {
    /// Steps 1 to n.
    pub steps: Vec<StepShape>,
    /// Names of secrets.
    pub secrets: BTreeSet<String>,
    /// Names of libraries.
    pub libraries: BTreeSet<String>,
    /// Names of pages for `prompt`.
    pub prompts: BTreeSet<String>,
    /// Names of mails for `sendEmail`.
    pub mails: BTreeSet<String>,
    /// Roles (local groups) that scripts may give and take.
    pub roles: BTreeSet<String>,
}

impl From<&Program> for ProgramShape {
    fn from(program: &Program) -> Self {
        Self {
            steps: program.steps.clone(),
            secrets: program.secrets.keys().cloned().collect(),
            libraries: program.libraries.keys().cloned().collect(),
            prompts: program.prompts.clone(),
            mails: program.mails.clone(),
            roles: program.roles.clone(),
        }
    }
}

/// How bad a finding is. An error keeps the flow from being published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The script would fail.
    Error,
    /// The script may do something else than meant.
    Warning,
}

/// A problem, or something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code, `script_…`.
    pub code: String,
    /// How bad.
    pub level: Level,
    /// One or two sentences.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Begin of the place, in UTF-16 units of the text (what editors in a browser count).
    pub from: usize,
    /// End of the place, likewise.
    pub to: usize,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// A replacement that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What the button says.
    pub label: String,
    /// Begin, in UTF-16 units.
    pub from: usize,
    /// End.
    pub to: usize,
    /// What to put there.
    pub insert: String,
}
