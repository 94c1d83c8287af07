//! Audit events: who did what to what, from where, how it ended. Written in the transaction of the deed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ApplicationId, CorrelationId, UserId};

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum AuditActor {
    /// A person with an account.
    User(UserId),
    /// A person without one, or not yet known.
    Anonymous,
    /// An application with its credentials.
    Application(ApplicationId),
    /// Somebody at the command line.
    CommandLine,
    /// Usher itself.
    System,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// Done.
    Success,
    /// Refused.
    Refused,
}

/// One audit event. Personal values and secrets stay out of `detail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What: a stable dotted name, e.g. `sign_in.finished`, `user.provisioned`, `connection.created`.
    pub action: String,
    /// Who.
    pub actor: AuditActor,
    /// What it was done to, e.g. `user:u_…`; empty when there is none.
    pub object: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Stable reason code or short JSON detail; never a secret.
    pub detail: serde_json::Value,
    /// Ties page, log and trace together.
    pub correlation: Option<CorrelationId>,
    /// Address of the caller, as the trusted proxies tell it.
    pub remote: Option<String>,
}
