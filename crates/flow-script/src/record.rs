//! What a sign-in has recorded so far, as the script may know it. Only data: a run starts from the top with it, on any
//! process, and must come to the same calls.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The facts of one request of the browser.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestFacts {
    /// An allow-list of headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Parameters with all their values.
    pub params: BTreeMap<String, Vec<String>>,
    /// Cookies set by `setCookie`, opened and checked by the broker; no other cookie.
    pub cookies: BTreeMap<String, String>,
    /// The address of the browser.
    pub ip: String,
}

/// What a script may know of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UserView {
    /// The id of the local account; absent for a person without one.
    pub unique_id: Option<String>,
    /// The subject, as applications would see it.
    pub identifier: String,
    /// The user name.
    pub username: String,
    /// `PRIMARY` for local accounts, `FEDERATED` otherwise.
    pub user_store_domain: String,
    /// The organisation.
    pub tenant_domain: String,
    /// Whether this is a local account rather than an identity from a connection.
    pub is_local: bool,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Attributes of the local account, under our names. One value or a list each.
    pub local_claims: BTreeMap<String, Value>,
    /// Attributes of this sign-in, mapped to our names.
    pub claims: BTreeMap<String, Value>,
    /// What the connection sent, under its names.
    pub remote_claims: BTreeMap<String, Value>,
}

/// A step that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepView {
    /// `LOCAL`, or the script name of the connection.
    pub idp: String,
    /// The authenticator.
    pub authenticator: String,
    /// Who it was.
    pub subject: UserView,
    /// The request that finished the step, where `context.request` shall show it.
    pub request: Option<RequestFacts>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum StepOutcome {
    /// The person proved it.
    Succeeded(Box<StepView>),
    /// The person did not, for good.
    Failed {
        /// The option that failed, where known.
        #[serde(default)]
        idp: Option<String>,
        /// The authenticator that failed, where known.
        #[serde(default)]
        authenticator: Option<String>,
        /// Who tried, where known.
        #[serde(default)]
        user: Option<Box<UserView>>,
        /// A reason code for `context.steps[n].failureReason`.
        #[serde(default)]
        reason: String,
    },
    /// The person gave up.
    Aborted,
    /// A page of `prompt` was answered.
    Prompted {
        /// What was typed.
        params: BTreeMap<String, Vec<String>>,
    },
}

/// The result of one command. A nameless step (0) belongs to a `prompt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// The step, from 1; 0 for a prompt.
    pub step: u8,
    /// [`crate::Outcome::call`] of the command that this answers. Checked when it is not empty.
    #[serde(default)]
    pub call: String,
    /// How it ended.
    pub outcome: StepOutcome,
}

/// Everything a run starts from, beside its program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// When the sign-in began, in milliseconds of Unix time: the script's clock stands still there.
    pub started_at_ms: i64,
    /// The seed of `Math.random`.
    pub seed: u64,
    /// The request that began the sign-in.
    pub request: RequestFacts,
    /// `acr` values that the application asked for, strongest wish first.
    pub requested_acr: Vec<String>,
    /// Results of commands, in order.
    pub results: Vec<StepResult>,
    /// Answers to [`crate::Fact`]s under their keys.
    pub facts: BTreeMap<String, Value>,
    /// How many effects that land at once were carried out. Kept for the broker; a run does not read it.
    pub effects_done: usize,
}
