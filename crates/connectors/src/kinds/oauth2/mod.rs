//! OAuth 2.0 without `OpenID` Connect: state and PKCE on the way out, the person's data from an API on the way back.
//!
//! There is no ID token and no `auth_time`: a sign-in that must be fresh cannot be proved here, and is refused. What the link key calls the issuer is the origin of the authorization endpoint.

mod claims;
mod settings;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_domain::{Connection, ConnectionId, ExternalIdentity, ExternalKey, Interaction, RefusalCode, SecretText};
use usher_oidc_rp::{
    CallbackRules, Checks, ClientCredentials, CodeExchange, IssuerParameter, OidcError, Phase, PlainRequest,
    exchange_plain, fetch_protected, plain_authorization_url, read_callback,
};

pub(crate) use self::claims::person;
pub use self::settings::{FIELDS, OAuth2Settings, needs_secret_again, settings_from_form};
pub(crate) use self::settings::{origin, sound};
use super::SettingsError;
use super::authparam::filled;
use super::oidc::{ClientAuth, Pkce, Port, random_text, results};
use crate::{
    Begun, Callback, Completed, Connector, ConnectorError, Departure, HandshakeKind, PendingHandshake, Services,
    SignInDemand,
};

/// How a provider's answers read.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    /// Adds the standard claims to what the API said.
    pub claims: fn(&mut usher_domain::Claims),
    /// Reads the list of addresses, where there is one: the address, and whether the provider vouches for it.
    pub addresses: fn(&Value) -> Option<(String, bool)>,
}

impl Reading {
    /// The API speaks in standard claims.
    pub(crate) const PLAIN: Self = Self { claims: |_| {}, addresses: |_| None };
}

/// What an OAuth 2.0 hand-shake remembers until the person comes back. Does not print its secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuth2Handshake {
    authorization: String,
    token: String,
    userinfo: String,
    client_id: String,
    redirect_uri: String,
    pkce_verifier: Option<String>,
}

impl std::fmt::Debug for OAuth2Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuth2Handshake").field("authorization", &self.authorization).finish_non_exhaustive()
    }
}

struct OAuth2Connector {
    connection: ConnectionId,
    settings: OAuth2Settings,
    credentials: ClientCredentials,
    redirect_uri: String,
    reading: Reading,
}

pub fn connector(
    connection: &Connection,
    secret: Option<SecretText>,
    redirect_uri: &str,
    reading: Reading,
) -> Result<Box<dyn Connector>, SettingsError> {
    let settings = OAuth2Settings::deserialize(&connection.settings).map_err(SettingsError::Unreadable)?;
    let secret = secret.filter(|secret| !secret.is_empty());
    let secret = || secret.as_ref().ok_or(SettingsError::SecretMissing);
    let credentials = match settings.client_auth {
        ClientAuth::None => ClientCredentials::None,
        ClientAuth::Basic => ClientCredentials::basic(secret()?.expose()),
        ClientAuth::Post | ClientAuth::PrivateKeyJwt => ClientCredentials::post(secret()?.expose()),
    };
    let (connection, redirect_uri) = (connection.id.clone(), redirect_uri.to_owned());
    Ok(Box::new(OAuth2Connector { connection, settings, credentials, redirect_uri, reading }))
}

#[async_trait]
impl Connector for OAuth2Connector {
    async fn begin(
        &self,
        demand: &SignInDemand,
        services: Services<'_>,
        now: DateTime<Utc>,
    ) -> Result<Begun, ConnectorError> {
        possible(demand)
            .map_err(|detail| ConnectorError::new(Phase::Departure, RefusalCode::ConnectionUnavailable, detail))?;
        let settings = &self.settings;
        let state = random_text(services);
        let handshake = OAuth2Handshake {
            authorization: settings.authorization_url.clone(),
            token: settings.token_url.clone(),
            userinfo: settings.userinfo_url.clone(),
            client_id: settings.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            pkce_verifier: (settings.pkce == Pkce::S256).then(|| random_text(services)),
        };
        let extra = filled(&settings.extra_params, &demand.parameters)?;
        let url = plain_authorization_url(&PlainRequest {
            endpoint: &handshake.authorization,
            client_id: &handshake.client_id,
            redirect_uri: &handshake.redirect_uri,
            scopes: &settings.scopes,
            state: &state,
            pkce_verifier: handshake.pkce_verifier.as_deref(),
            extra: &extra,
        });
        let url = url.map_err(|fault| ConnectorError::from_oidc(fault, Vec::new()))?;
        let kind = HandshakeKind::OAuth2(handshake);
        let pending = PendingHandshake { connection: self.connection.clone(), state, departed_at: now, kind };
        Ok(Begun { departure: Departure::Redirect { url }, pending, completed_settings: None })
    }

    async fn complete(
        &self,
        pending: &PendingHandshake,
        callback: &Callback,
        services: Services<'_>,
        now: DateTime<Utc>,
    ) -> Result<Completed, ConnectorError> {
        let mut checks = Checks::new();
        let outcome = self.walk((pending, callback), services, now, &mut checks).await;
        let checks = results(&checks);
        match outcome {
            Ok(identity) => Ok(Completed { identity, checks, id_token: None }),
            Err(fault) => Err(ConnectorError::from_oidc(fault, checks)),
        }
    }
}

impl OAuth2Connector {
    async fn walk(
        &self,
        (pending, callback): (&PendingHandshake, &Callback),
        services: Services<'_>,
        now: DateTime<Utc>,
        checks: &mut Checks,
    ) -> Result<ExternalIdentity, OidcError> {
        let handshake = self.unchanged(pending)?;
        let issuer = origin(&handshake.authorization);
        let rules =
            CallbackRules { state: &pending.state, issuer: &issuer, issuer_parameter: IssuerParameter::Optional };
        let code = read_callback(callback.parameters(), rules, checks)?;
        let http = Port(services.fetch);
        let request = CodeExchange {
            endpoint: &handshake.token,
            issuer: &issuer,
            client_id: &handshake.client_id,
            credentials: &self.credentials,
            redirect_uri: &handshake.redirect_uri,
            code: &code,
            pkce_verifier: handshake.pkce_verifier.as_deref(),
            jti: "",
        };
        let tokens = exchange_plain(&http, &request, now, checks).await?;
        let said = fetch_protected(&http, &handshake.userinfo, &tokens, checks).await?;
        let addresses = match &self.settings.addresses_url {
            Some(url) => Some(fetch_protected(&http, url, &tokens, checks).await?),
            None => None,
        };
        let person = person(&self.settings, said, addresses.as_ref(), self.reading);
        let person = checks.attempt("subject_claim", person)?;
        Ok(ExternalIdentity {
            key: ExternalKey { connection: self.connection.clone(), issuer, subject: person.subject },
            claims: person.claims,
            email_verified: person.email_verified,
            auth_time: None,
            acr: None,
            amr: Vec::new(),
        })
    }

    /// The connection may have been edited while the person was away: its secret then belongs to somebody else.
    fn unchanged<'a>(&self, pending: &'a PendingHandshake) -> Result<&'a OAuth2Handshake, OidcError> {
        let HandshakeKind::OAuth2(handshake) = &pending.kind else { return Err(changed()) };
        let same = pending.connection == self.connection
            && handshake.client_id == self.settings.client_id
            && handshake.authorization == self.settings.authorization_url
            && handshake.token == self.settings.token_url
            && handshake.userinfo == self.settings.userinfo_url;
        if same { Ok(handshake) } else { Err(changed()) }
    }
}

/// Nobody says when the person signed in, so what depends on it is refused rather than believed (OAUTH-24).
fn possible(demand: &SignInDemand) -> Result<(), &'static str> {
    match (demand.interaction, demand.max_age) {
        (Interaction::Forbidden, _) => Err("the provider cannot be asked without showing a page"),
        (Interaction::Forced, _) | (_, Some(_)) => Err("the provider cannot prove that a sign-in is fresh"),
        (Interaction::Allowed, None) => Ok(()),
    }
}

fn changed() -> OidcError {
    let detail = "the connection was changed while the person was away".to_owned();
    OidcError::Misconfigured { phase: Phase::Callback, detail }
}
