//! What every connection kind offers the broker: a way out to the provider and a way back.
//!
//! A connector is made afresh for each use from the connection's settings ([`connector_for`](crate::connector_for)).
//! It keeps no state: what must survive until the person comes back is in [`PendingHandshake`].

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use usher_domain::{CheckResult, ConnectionId, Entropy, ExternalIdentity, Interaction, SecretText, SignInRequest};

use crate::kinds::oauth2::OAuth2Handshake;
use crate::kinds::oidc::OidcHandshake;
use crate::{Callback, ConnectorError, Fetch, ProviderKeys};

/// One connection, ready to be used.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Prepares the way to the provider.
    async fn begin(
        &self,
        demand: &SignInDemand,
        services: Services<'_>,
        now: DateTime<Utc>,
    ) -> Result<Begun, ConnectorError>;

    /// Checks the provider's answer and says who came back. The caller has already made sure that the hand-shake
    /// belongs to this browser and has not been used.
    async fn complete(
        &self,
        pending: &PendingHandshake,
        callback: &Callback,
        services: Services<'_>,
        now: DateTime<Utc>,
    ) -> Result<Completed, ConnectorError>;
}

/// What a connector needs from the house.
#[derive(Clone, Copy)]
pub struct Services<'a> {
    /// Outgoing HTTP.
    pub fetch: &'a dyn Fetch,
    /// The providers' signing keys.
    pub keys: &'a dyn ProviderKeys,
    /// Random bytes.
    pub entropy: &'a dyn Entropy,
}

/// What the sign-in asks of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignInDemand {
    /// Whether the provider must, may or must not ask the person.
    pub interaction: Interaction,
    /// Oldest acceptable authentication at the provider, in seconds.
    pub max_age: Option<u64>,
    /// Whom the application expects; forwarded only where the connection says so.
    pub login_hint: Option<String>,
    /// Languages wanted, best first; forwarded only where the connection says so.
    pub ui_locales: Vec<String>,
    /// What a script gives for `$authparam{name}` in further parameters of the connection.
    pub parameters: BTreeMap<String, String>,
}

impl From<&SignInRequest> for SignInDemand {
    fn from(request: &SignInRequest) -> Self {
        Self {
            interaction: request.interaction,
            max_age: request.max_age,
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
            parameters: BTreeMap::new(),
        }
    }
}

/// How the person travels to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// By a redirect.
    Redirect {
        /// Where to.
        url: Url,
    },
    /// By a form that sends itself.
    PostForm {
        /// Where to.
        action: Url,
        /// Names and values of the hidden fields.
        fields: Vec<(String, String)>,
    },
}

/// The outcome of [`Connector::begin`].
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// How the person travels.
    pub departure: Departure,
    /// What to keep until the person comes back; sealed, under the SHA-256 of its `state`.
    pub pending: PendingHandshake,
    /// Settings completed on the way (endpoints discovered just now), worth storing in the connection.
    pub completed_settings: Option<serde_json::Value>,
}

/// What must survive until the person comes back. Holds secrets: seal it before storing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingHandshake {
    /// The connection that the person was sent to.
    pub connection: ConnectionId,
    /// The value by which the callback finds this row; 256 random bits.
    pub state: String,
    /// When the person left.
    pub departed_at: DateTime<Utc>,
    /// What the kind remembers.
    pub kind: HandshakeKind,
}

/// The part of a [`PendingHandshake`] that only the connection kind reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "snake_case")]
pub enum HandshakeKind {
    /// `OpenID` Connect.
    Oidc(OidcHandshake),
    /// OAuth 2.0 without `OpenID` Connect.
    #[serde(rename = "oauth2")]
    OAuth2(OAuth2Handshake),
}

/// The outcome of [`Connector::complete`].
#[derive(Debug, Clone)]
pub struct Completed {
    /// Who came back.
    pub identity: ExternalIdentity,
    /// Every check made on the way, all passed.
    pub checks: Vec<CheckResult>,
    /// The provider's ID token, for a later sign-out there.
    pub id_token: Option<SecretText>,
}
