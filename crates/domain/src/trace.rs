//! The trace of a sign-in: what happened, in order, without secrets, for an admin.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ApplicationId, ConnectionId, CorrelationId, RefusalCode, UserId};

/// Which stop of the sign-in an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceStage {
    /// The application's request arrived.
    Request,
    /// A page was shown or answered.
    Page,
    /// The person was sent to a provider.
    Departure,
    /// The provider's answer was checked.
    Answer,
    /// Claims were mapped to attributes.
    Mapping,
    /// Provisioning decided.
    Decision,
    /// The script of the flow ran.
    Script,
    /// The sign-in ended.
    End,
    /// Tokens were issued.
    Tokens,
}

/// One named check and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// What was checked: `signature`, `issuer`, `nonce`, ...
    pub name: String,
    /// Whether it held.
    pub passed: bool,
}

/// One event of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// Where in the sign-in.
    pub stage: TraceStage,
    /// One line for a person; never a secret, personal values masked.
    pub text: String,
    /// Checks made at this stop.
    #[serde(default)]
    pub checks: Vec<CheckResult>,
}

/// A whole trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInTrace {
    /// What the person can read out.
    pub correlation: CorrelationId,
    /// When the request arrived.
    pub started_at: DateTime<Utc>,
    /// The application, once known.
    pub application: Option<ApplicationId>,
    /// The connection last used.
    pub connection: Option<ConnectionId>,
    /// The user, once known and local.
    pub user: Option<UserId>,
    /// Why it was refused; absent while running and after success.
    pub refusal: Option<RefusalCode>,
    /// Whether the application got its code.
    pub finished: bool,
    /// What happened, in order; at most 64 events.
    pub events: Vec<TraceEvent>,
}

impl SignInTrace {
    /// Most events kept: a sign-in that makes more is broken or hostile.
    pub const MAX_EVENTS: usize = 64;

    /// An empty trace.
    pub fn new(correlation: CorrelationId, started_at: DateTime<Utc>) -> Self {
        Self {
            correlation,
            started_at,
            application: None,
            connection: None,
            user: None,
            refusal: None,
            finished: false,
            events: Vec::new(),
        }
    }

    /// Adds an event unless the trace is full.
    pub fn push(&mut self, event: TraceEvent) {
        if self.events.len() < Self::MAX_EVENTS {
            self.events.push(event);
        }
    }
}
