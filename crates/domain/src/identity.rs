//! Where the two protocol sides meet: what a connection proved about a person, and who that is here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, LinkId, UserId};

/// The claims that a provider sent, as JSON, keyed by claim name.
pub type Claims = serde_json::Map<String, serde_json::Value>;

/// The key of a federated link: connection, issuer (or entity id) and external subject.
///
/// All three, so that the same subject at two providers, or at a connection that was deleted and
/// made anew, never meet (LINK-14).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExternalKey {
    /// The connection that proved it.
    pub connection: ConnectionId,
    /// Issuer or entity id, byte for byte.
    pub issuer: String,
    /// The subject at that issuer, byte for byte.
    pub subject: String,
}

/// A verified answer of an external identity provider: the neutral type between the protocols.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalIdentity {
    /// Who, in the provider's words.
    pub key: ExternalKey,
    /// Verified claims (ID token, then userinfo where they agree on the subject).
    pub claims: Claims,
    /// Whether the provider marks the `email` claim as verified (JSON `true` only).
    pub email_verified: bool,
    /// When the provider authenticated the person, if it said so.
    pub auth_time: Option<DateTime<Utc>>,
    /// `acr` at the provider: kept for the trace, trusted for nothing unless mapped.
    pub acr: Option<String>,
    /// `amr` at the provider: kept for the trace, trusted for nothing unless mapped.
    #[serde(default)]
    pub amr: Vec<String>,
}

/// Who signed in, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A local account.
    Local {
        /// The account.
        user: UserId,
    },
    /// A person without a local account (pass-through).
    Federated {
        /// Who, in the provider's words.
        key: ExternalKey,
    },
}

/// A link from an external identity to a local account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederatedLink {
    /// Id.
    pub id: LinkId,
    /// Who, in the provider's words.
    pub key: ExternalKey,
    /// The local account.
    pub user: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: DateTime<Utc>,
    /// Why it was made: the explanation of the decision, as JSON text.
    pub explanation: String,
}
