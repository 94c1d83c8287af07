//! Connections: external identity providers that an admin configured.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{AttributeName, ConnectionId, GroupId, ProvisioningSettings};

/// What protocol and which preset a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// `OpenID` Connect by discovery.
    Oidc,
    /// Google.
    Google,
    /// Microsoft Entra ID and personal Microsoft accounts.
    Microsoft,
    /// Apple.
    Apple,
    /// `GitLab`, in the cloud or self-managed.
    Gitlab,
    /// Okta.
    Okta,
    /// `LinkedIn`.
    Linkedin,
    /// `GitHub`: OAuth 2.0 without `OpenID` Connect.
    Github,
    /// Facebook: OAuth 2.0 without `OpenID` Connect.
    Facebook,
    /// Any OAuth 2.0 provider with a userinfo address.
    Oauth2,
}

impl ConnectionKind {
    /// The stable text of the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::Apple => "apple",
            Self::Gitlab => "gitlab",
            Self::Okta => "okta",
            Self::Linkedin => "linkedin",
            Self::Github => "github",
            Self::Facebook => "facebook",
            Self::Oauth2 => "oauth2",
        }
    }

    /// Every kind, in the order in which the wizard shows them.
    pub const ALL: [Self; 10] = [
        Self::Oidc,
        Self::Google,
        Self::Microsoft,
        Self::Github,
        Self::Gitlab,
        Self::Apple,
        Self::Facebook,
        Self::Linkedin,
        Self::Okta,
        Self::Oauth2,
    ];

    /// Reads the stable text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whether the sign-in page shows the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInPageListing {
    /// Shown to everybody.
    #[default]
    Shown,
    /// Reachable by hint, e-mail domain or script only.
    Hidden,
    /// For linking to an account only: nobody signs in with it (LINK-13).
    LinkOnly,
}

/// One row of a connection's attribute mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeMapping {
    /// The claim that the provider sends, e.g. `email`.
    pub claim: String,
    /// The local attribute that it feeds.
    pub attribute: AttributeName,
    /// Stored when the provider does not send the claim; absent: nothing is.
    #[serde(default)]
    pub default: Option<String>,
}

/// One row of a connection's group mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMapping {
    /// The group's name or id at the provider, byte for byte.
    pub external: String,
    /// The local group that it feeds.
    pub group: GroupId,
}

/// What becomes of external groups that no row maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmappedGroups {
    /// Nothing.
    #[default]
    Ignored,
    /// A local group of the same name is used, and made if there is none.
    CreatedByName,
}

/// What becomes of memberships that the connection fed earlier and does not send any more, under `merge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLongerSent {
    /// Removed.
    #[default]
    Removed,
    /// Kept.
    Kept,
}

/// How a connection feeds local groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSettings {
    /// The claim that names the person's groups; a dotted path like a mapping's.
    pub claim: String,
    /// Splits one text into several groups; absent: one text is one group.
    #[serde(default)]
    pub separator: Option<String>,
    /// External groups to local ones; one external group may feed several.
    #[serde(default)]
    pub mapping: Vec<GroupMapping>,
    /// What becomes of the others.
    #[serde(default)]
    pub unmapped: UnmappedGroups,
    /// What becomes of memberships that are no longer sent.
    #[serde(default)]
    pub no_longer_sent: NoLongerSent,
}

impl Default for GroupSettings {
    fn default() -> Self {
        Self {
            claim: "groups".to_owned(),
            separator: None,
            mapping: Vec::new(),
            unmapped: UnmappedGroups::default(),
            no_longer_sent: NoLongerSent::default(),
        }
    }
}

/// Whether the last verified answers of a connection are kept, sealed, to try settings on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// Nothing is kept.
    #[default]
    Off,
    /// The last 20, for 7 days; never while just-in-time provisioning is off.
    On,
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
    /// When the client secret ends at the provider, where an admin typed it.
    #[serde(default)]
    pub secret_expires_on: Option<NaiveDate>,
    /// Claims to attributes; empty: the standard claims are used as they are.
    #[serde(default)]
    pub mapping: Vec<AttributeMapping>,
    /// For admins only.
    #[serde(default)]
    pub description: String,
    /// Domains whose addresses the connection may assert as verified, lower case. Empty: every domain that no other
    /// connection lists here or under its e-mail domains.
    #[serde(default)]
    pub asserted_domains: Vec<String>,
    /// How it feeds local groups.
    #[serde(default)]
    pub groups: GroupSettings,
    /// Whether its last answers are kept.
    #[serde(default)]
    pub recording: Recording,
    /// Values of `amr` or `acr` in its ID token that stand for a second factor here; empty: none does.
    #[serde(default)]
    pub trusted_mfa: Vec<String>,
    /// Just-in-time provisioning.
    #[serde(default)]
    pub provisioning: ProvisioningSettings,
    /// Rises with every change; optimistic lock.
    #[serde(default)]
    pub revision: i64,
}
