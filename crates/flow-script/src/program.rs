//! What a script runs with: its text, its libraries and secrets, the shape of the flow, and the limits.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use usher_domain::SecretText;

/// One way through a step, under the names that scripts use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OptionShape {
    /// `LOCAL`, or the script name of a connection.
    pub idp: String,
    /// The authenticator, such as `BasicAuthenticator`.
    pub authenticator: String,
}

impl OptionShape {
    /// What the idp of every local authenticator is called.
    pub const LOCAL: &str = "LOCAL";

    /// A local authenticator.
    pub fn local(authenticator: &str) -> Self {
        Self { idp: Self::LOCAL.to_owned(), authenticator: authenticator.to_owned() }
    }

    /// A connection.
    pub fn connection(idp: &str, authenticator: &str) -> Self {
        Self { idp: idp.to_owned(), authenticator: authenticator.to_owned() }
    }
}

/// One step of the flow, in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StepShape {
    /// The ways through it.
    pub options: Vec<OptionShape>,
}

/// A script and what it may name. Pinned with the flow version, so that a sign-in in progress keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    /// The text of the script.
    pub source: String,
    /// Libraries by name, for `require` and `loadLocalLibrary`.
    pub libraries: BTreeMap<String, String>,
    /// The secrets that this script was granted, by name. Masked wherever the script prints them.
    pub secrets: BTreeMap<String, SecretText>,
    /// The pages that `prompt` may show.
    pub prompts: BTreeSet<String>,
    /// The mails that `sendEmail` may send.
    pub mails: BTreeSet<String>,
    /// The roles (local groups) that scripts may give and take.
    pub roles: BTreeSet<String>,
    /// Steps 1 to n.
    pub steps: Vec<StepShape>,
    /// `context.serviceProviderName`.
    pub application_name: String,
    /// `context.tenantDomain`.
    pub tenant_domain: String,
}

impl Program {
    /// A program without steps.
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), tenant_domain: "carbon.super".to_owned(), ..Self::default() }
    }

    /// Adds a step of local authenticators.
    #[must_use]
    pub fn with_local_step(self, authenticators: &[&str]) -> Self {
        self.with_step(authenticators.iter().map(|name| OptionShape::local(name)).collect())
    }

    /// Adds a step.
    #[must_use]
    pub fn with_step(mut self, options: Vec<OptionShape>) -> Self {
        self.steps.push(StepShape { options });
        self
    }

    /// The step with this number, from 1.
    pub fn step(&self, number: u8) -> Option<&StepShape> {
        self.steps.get(usize::from(number).checked_sub(1)?)
    }
}

/// What one run may use. The defaults are those of the product; tests narrow them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processor time of the thread, in milliseconds.
    pub cpu_ms: u64,
    /// Time on the clock, in milliseconds, for a thread that gets no processor.
    pub wall_ms: u64,
    /// Heap of the engine, in bytes.
    pub memory: usize,
    /// Native stack of the engine, in bytes.
    pub stack: usize,
    /// Length of the script, and of each library, in bytes.
    pub source: usize,
    /// Calls of `executeStep` and its kind.
    pub step_calls: usize,
    /// Calls of functions that ask or change something outside.
    pub host_calls: usize,
    /// HTTP calls.
    pub http_calls: usize,
    /// Lines of the log.
    pub log_lines: usize,
    /// Characters of one line of the log.
    pub log_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_ms: 250,
            wall_ms: 3_000,
            memory: 4 << 20,
            stack: 256 << 10,
            source: 64 << 10,
            step_calls: 50,
            host_calls: 50,
            http_calls: 5,
            log_lines: 100,
            log_chars: 1_000,
        }
    }
}
