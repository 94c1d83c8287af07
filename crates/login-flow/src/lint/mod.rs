//! What is wrong with a flow before anybody signs in with it: findings with stable codes, each with its place and, where
//! one is known, a fix.
//!
//! Pure: the editor shows them, the server refuses to publish with one of level [`Level::Error`], and asks for a tick
//! with one of level [`Level::Warning`]. What people read is written by the pages; here are codes and names.

mod accounts;
mod script;
mod shape;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use usher_domain::{Application, Authenticator, Connection, ConnectionId, FlowDefinition, FlowOption};
use usher_flow_script as engine;

pub use accounts::{Ending, ending_without_account, steps_met};
pub use script::skip_script;
pub use shape::{authenticator_name, connections_of, program, program_shape, step_shapes};

/// What scripts of all flows share beside secrets and libraries, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shared {
    /// Pages for `prompt`.
    pub prompts: BTreeSet<String>,
    /// Mails for `sendEmail`.
    pub mails: BTreeSet<String>,
    /// Roles (local groups) that scripts may give and take.
    pub roles: BTreeSet<String>,
}

/// Where nothing is shared, or where it does not matter.
pub static NOTHING_SHARED: Shared = Shared { prompts: BTreeSet::new(), mails: BTreeSet::new(), roles: BTreeSet::new() };

/// What a flow is judged against.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The application that owns the flow; absent for the default flow.
    pub application: Option<&'a Application>,
    /// Every connection there is.
    pub connections: &'a [Connection],
    /// Names of the secrets that scripts may read.
    pub secrets: &'a BTreeSet<String>,
    /// Script libraries, name and text.
    pub libraries: &'a BTreeMap<String, String>,
    /// What else scripts share.
    pub shared: &'a Shared,
    /// Whether this installation can ask for passkeys.
    pub passkeys: Passkeys,
}

/// Whether passkeys work at all: they belong to a domain name, and browsers offer them over https only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passkeys {
    /// They do.
    Possible,
    /// The public address is an IP address, or plain http.
    NoDomain,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The flow cannot be published.
    Error,
    /// It can, once somebody said so.
    Warning,
    /// Worth knowing.
    Note,
}

/// What is wrong. The texts of [`Finding::code`] are stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A flow without steps, or with too many.
    StepCount,
    /// A step without an option.
    StepEmpty,
    /// The step that gives subject or attributes does not exist, or none of its options can.
    SubjectStep,
    /// A second factor in the first step.
    SecondFactorFirst(Authenticator),
    /// A second factor, and no step before it says who the person is.
    SecondFactorNoFirst(Authenticator),
    /// The connection was deleted.
    ConnectionGone(ConnectionId),
    /// The connection is switched off.
    ConnectionDisabled(ConnectionId),
    /// People may arrive at the step without a local account, which its factors rest on.
    JitMfa {
        /// The connections that bring them, by name, and why they have no account.
        connections: Vec<(ConnectionId, Ending)>,
        /// The factors of the step.
        factors: Vec<Authenticator>,
    },
    /// Passkeys in the first step: people must have set one up before.
    PasskeyEnrol,
    /// Passkeys, and the public address of this installation can have none.
    PasskeyNoDomain,
    /// A finding in the script.
    Script(engine::Finding),
}

/// What would mend a finding with one click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Just-in-time provisioning on, for this connection.
    TurnOnJit(ConnectionId),
    /// Accounts are made for people whom no rule links.
    StopSkipping(ConnectionId),
    /// This script: the steps are skipped for people without an account.
    SkipByScript(String),
    /// The option leaves the step.
    RemoveOption,
    /// The step leaves the flow.
    RemoveStep,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// The step, from 1; absent: the whole flow.
    pub step: Option<u8>,
    /// The option of the step.
    pub option: Option<FlowOption>,
    /// What would mend it.
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// The stable code.
    pub fn code(&self) -> &str {
        match &self.problem {
            Problem::StepCount => "step_count",
            Problem::StepEmpty => "step_empty",
            Problem::SubjectStep => "subject_step",
            Problem::SecondFactorFirst(_) => "second_factor_first",
            Problem::SecondFactorNoFirst(_) => "second_factor_no_first",
            Problem::ConnectionGone(_) => "connection_gone",
            Problem::ConnectionDisabled(_) => "connection_disabled",
            Problem::JitMfa { .. } => "jit_mfa",
            Problem::PasskeyEnrol => "passkey_enrol",
            Problem::PasskeyNoDomain => "passkey_no_domain",
            Problem::Script(found) => &found.code,
        }
    }

    /// How bad it is.
    pub fn level(&self) -> Level {
        match &self.problem {
            Problem::JitMfa { .. } => Level::Warning,
            Problem::PasskeyEnrol => Level::Note,
            Problem::Script(found) if found.level == engine::Level::Warning => Level::Warning,
            _ => Level::Error,
        }
    }
}

/// Everything that is wrong with a flow: errors first, then by step.
pub fn lint(definition: &FlowDefinition, around: Surroundings<'_>) -> Vec<Finding> {
    let mut found = steps::findings(definition, around);
    found.extend(script::findings(definition, around));
    found.extend(accounts::findings(definition, around));
    found.sort_by_key(|finding| (finding.level(), finding.step));
    found
}
