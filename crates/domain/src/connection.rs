//! Connections: external identity providers that an admin configured.

use serde::{Deserialize, Serialize};

use crate::{AttributeName, ConnectionId, ProvisioningSettings};

/// What protocol and which preset a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// `OpenID` Connect by discovery.
    Oidc,
}

impl ConnectionKind {
    /// The stable text of the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
        }
    }
}

/// Whether the sign-in page shows the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInPageListing {
    /// Shown to everybody.
    #[default]
    Shown,
    /// Reachable by hint only.
    Hidden,
}

/// One row of a connection's attribute mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeMapping {
    /// The claim that the provider sends, e.g. `email`.
    pub claim: String,
    /// The local attribute that it feeds.
    pub attribute: AttributeName,
}

/// A connection without its secrets (those are sealed in storage and handed over on their own).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Immutable id; part of the redirect URI.
    pub id: ConnectionId,
    /// Protocol and preset.
    pub kind: ConnectionKind,
    /// Name shown to admins and people.
    pub name: String,
    /// Name in scripts: the slug of `name` (`Acme OIDC` is `acme_oidc`).
    pub script_name: String,
    /// Text of the button; absent: "Continue with {name}".
    #[serde(default)]
    pub button_text: Option<String>,
    /// Whether people may sign in with it.
    pub enabled: bool,
    /// Whether the sign-in page lists it.
    #[serde(default)]
    pub listing: SignInPageListing,
    /// E-mail domains whose people are sent here by `login_hint` or `domain_hint`; lower case.
    #[serde(default)]
    pub email_domains: Vec<String>,
    /// What the kind needs: typed by the kind in `connectors`, opaque elsewhere.
    pub settings: serde_json::Value,
    /// Claims to attributes; empty: the standard claims are used as they are.
    #[serde(default)]
    pub mapping: Vec<AttributeMapping>,
    /// Just-in-time provisioning.
    #[serde(default)]
    pub provisioning: ProvisioningSettings,
    /// Rises with every change; optimistic lock.
    #[serde(default)]
    pub revision: i64,
}
