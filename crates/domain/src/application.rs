//! Applications: what people sign in to; OAuth 2.0 clients of ours.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ApplicationId, AttributeName, ConnectionId, HttpsOrigin, RedirectUri};

/// How an application runs, which decides whether it can keep a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationKind {
    /// On a server: confidential.
    Web,
    /// In the browser: public, PKCE required.
    Spa,
    /// On a device: public, PKCE required, loopback redirect with any port.
    Native,
}

impl ApplicationKind {
    /// Whether the application authenticates at the token endpoint (RFC 6749 section 2.1).
    pub fn is_confidential(self) -> bool {
        self == Self::Web
    }
}

/// How the application authenticates at the token endpoint (OIDC Core section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// HTTP Basic.
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
    /// Public client.
    None,
}

/// Algorithm of ID tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: the default that OIDC Core section 15.1 demands.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

impl SigningAlgorithm {
    /// The JOSE name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A client secret at rest: only its SHA-256 is kept (the secret has 256 random bits).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationSecret {
    /// Lower-case hex of SHA-256 over the secret.
    pub sha256: String,
    /// Last characters, to tell two secrets apart.
    pub ending: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Whether an application takes people without a local account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountNeed {
    /// Anybody who proved who they are.
    #[default]
    Any,
    /// Only people with a local account.
    Local,
}

/// How the sign-in page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInPageStyle {
    /// All connections, and user name with password beside them.
    #[default]
    List,
    /// One field; its e-mail domain says where the person goes (home-realm discovery).
    IdentifierFirst,
}

/// One attribute that an application is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimMapping {
    /// The local attribute.
    pub attribute: AttributeName,
    /// The claim it becomes.
    pub claim: String,
}

/// What an application is told beyond the standard claims of its scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApplicationClaims {
    /// Attributes as claims, in ID token and userinfo, whatever the scopes.
    #[serde(default)]
    pub attributes: Vec<ClaimMapping>,
    /// The claim that carries the names of the person's groups; absent: groups are not told.
    #[serde(default)]
    pub groups: Option<String>,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Immutable id and `client_id`.
    pub id: ApplicationId,
    /// Name shown to admins and people.
    pub name: String,
    /// How it runs.
    pub kind: ApplicationKind,
    /// Whether people may sign in to it.
    pub enabled: bool,
    /// How it authenticates.
    pub auth_method: ClientAuthMethod,
    /// At most two secrets, for rotation; empty for public clients.
    #[serde(default)]
    pub secrets: Vec<ApplicationSecret>,
    /// Exact redirect URIs; at least one.
    pub redirect_uris: Vec<RedirectUri>,
    /// Exact post-logout redirect URIs.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Origins for CORS.
    #[serde(default)]
    pub origins: Vec<HttpsOrigin>,
    /// Algorithm of its ID tokens.
    #[serde(default)]
    pub id_token_alg: SigningAlgorithm,
    /// Connections people may use; absent: all enabled ones.
    #[serde(default)]
    pub connections: Option<Vec<ConnectionId>>,
    /// Whether user name and password are offered.
    #[serde(default = "yes")]
    pub local_sign_in: bool,
    /// Whether a person without a local account is refused.
    #[serde(default)]
    pub local_account_required: bool,
    /// How its sign-in page begins.
    #[serde(default)]
    pub sign_in_page: SignInPageStyle,
    /// What it is told beyond the standard claims.
    #[serde(default)]
    pub claims: ApplicationClaims,
    /// Where "go back" leads on error pages; absent: nowhere.
    #[serde(default)]
    pub home_url: Option<String>,
    /// Rises with every change; optimistic lock.
    #[serde(default)]
    pub revision: i64,
}

impl Application {
    /// Whether people without a local account may sign in to it.
    pub fn account_need(&self) -> AccountNeed {
        if self.local_account_required { AccountNeed::Local } else { AccountNeed::Any }
    }
}

fn yes() -> bool {
    true
}
