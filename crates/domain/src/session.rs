//! Browser sessions: who is signed in at Usher in one browser, how and since when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Claims, ConnectionId, FactorUse, SessionId, Subject};

/// How a person was authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// Who.
    pub subject: Subject,
    /// When (`auth_time`).
    pub at: DateTime<Utc>,
    /// The connection used; absent for user name and password.
    pub connection: Option<ConnectionId>,
    /// Methods after RFC 8176: `pwd`, or `fed` for an external provider.
    pub amr: Vec<String>,
    /// Mapped attributes of a person without a local account. In a grant also what a script tells in place of the
    /// attributes of an account (null: nothing); empty otherwise.
    #[serde(default)]
    pub pass_through: Claims,
    /// Names of the mapped groups of a person without a local account; empty otherwise.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The local factors proved beside it, with the time of each.
    #[serde(default)]
    pub factors: Vec<FactorUse>,
    /// The authentication context class that was reached, where the flow names them (`acr`).
    #[serde(default)]
    pub acr: Option<String>,
}

/// A live session of one browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserSession {
    /// Public handle: the `sid` claim.
    pub id: SessionId,
    /// Who, how, when.
    pub authentication: Authentication,
    /// When the session began.
    pub created_at: DateTime<Utc>,
    /// When it ends, whatever happens.
    pub expires_at: DateTime<Utc>,
}
