//! `OpenID` Connect connections: the walk through `oidc-rp`, phase by phase (OIDC Core 3.1).
//!
//! This module decides the order of the phases and what is remembered between them; every check lives in `oidc-rp`.

mod arrival;
mod claims;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{CheckResult, Connection, ConnectionId, Interaction, RefusalCode, SecretText};
use usher_oidc_rp::{
    Answer, AuthorizationRequest, Checks, ClientCredentials, ClientKey, Http, HttpFault, Phase, Prompt, Request,
    authorization_url,
};

use self::arrival::{Return, Stop};
#[cfg(test)]
pub(crate) use self::claims::identity as identity_of;
pub use self::settings::{
    ClientAuth, EmailVerifiedReading, Endpoints, FIELDS, Forwarded, FreshSignIn, IdTokenAlgorithm, OidcSettings, Pkce,
    needs_discovery, needs_secret_again, settings_from_form,
};
pub(crate) use self::settings::{SCOPES, sound, with_fields};
use super::authparam::filled;
use super::profile::Profile;
use super::{Discovered, SettingsError};
use crate::{
    Begun, Callback, Completed, Connector, ConnectorError, Departure, Fetch, HandshakeKind, PendingHandshake, Services,
    SignInDemand,
};
pub use usher_oidc_rp::DiscoveryError;

/// Our port in the shape that `oidc-rp` asks for.
pub(crate) struct Port<'a>(pub &'a dyn Fetch);

impl Http for Port<'_> {
    fn call(&self, request: Request) -> Answer<'_> {
        Box::pin(async move { self.0.fetch(request).await.map_err(|fault| HttpFault(Box::new(fault))) })
    }
}

/// What an `OpenID` Connect hand-shake remembers until the person comes back. Does not print its secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcHandshake {
    /// The issuer that the person was sent to.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// The redirect URI that was sent.
    pub redirect_uri: String,
    /// The `nonce` that was sent.
    nonce: String,
    /// The PKCE code verifier, if a challenge was sent.
    pkce_verifier: Option<String>,
    /// `max_age`, if it was sent.
    max_age: Option<u64>,
    /// Whether the person was to sign in anew.
    interaction: Interaction,
    /// The endpoints in force when the person left.
    endpoints: Endpoints,
}

impl std::fmt::Debug for OidcHandshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcHandshake").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

struct OidcConnector {
    connection: ConnectionId,
    profile: Profile,
    settings: OidcSettings,
    credentials: ClientCredentials,
    redirect_uri: String,
}

pub fn connector(
    connection: &Connection,
    secret: Option<SecretText>,
    redirect_uri: &str,
    profile: Profile,
) -> Result<Box<dyn Connector>, SettingsError> {
    let settings = OidcSettings::deserialize(&connection.settings).map_err(SettingsError::Unreadable)?;
    let secret = secret.filter(|secret| !secret.is_empty());
    let secret = || secret.as_ref().ok_or(SettingsError::SecretMissing);
    let credentials = match settings.client_auth {
        ClientAuth::None => ClientCredentials::None,
        ClientAuth::Basic => ClientCredentials::basic(secret()?.expose()),
        ClientAuth::Post => ClientCredentials::post(secret()?.expose()),
        ClientAuth::PrivateKeyJwt => {
            let key = ClientKey::from_pem(secret()?.expose(), settings.private_key_id.clone());
            let key = Arc::new(key.map_err(SettingsError::SecretUnusable)?);
            match settings.team_id.clone() {
                Some(team) => ClientCredentials::SignedSecret { key, team },
                None => ClientCredentials::PrivateKey(key),
            }
        }
    };
    let (connection, redirect_uri) = (connection.id.clone(), redirect_uri.to_owned());
    Ok(Box::new(OidcConnector { connection, profile, settings, credentials, redirect_uri }))
}

pub async fn discover(issuer: &str, fetch: &dyn Fetch) -> Result<Discovered, DiscoveryError> {
    let mut checks = Checks::new();
    let found = usher_oidc_rp::discover(&Port(fetch), issuer, &mut checks).await?;
    let offers = |method: &str| found.token_auth_methods.iter().any(|offered| offered == method);
    let client_auth = match () {
        // Absent means basic (OIDC Discovery 1.0 section 3).
        () if found.token_auth_methods.is_empty() || offers("client_secret_basic") => "basic",
        () if offers("client_secret_post") => "post",
        () if offers("private_key_jwt") => "private_key_jwt",
        () if offers("none") => "none",
        () => "basic",
    };
    let offered =
        |scope: &&str| *scope == "openid" || found.scopes.is_empty() || found.scopes.iter().any(|s| s == scope);
    let scopes: Vec<_> = ["openid", "email", "profile"].into_iter().filter(offered).collect();
    let algorithms: Vec<_> = found.id_token_algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
    let endpoints = Endpoints::from(&found);
    let settings = serde_json::json!({
        "issuer": found.issuer,
        "client_auth": client_auth,
        "scopes": scopes,
        "id_token_algs": algorithms,
        "pkce": if found.pkce_s256 { "s256" } else { "off" },
        "endpoints": endpoints,
    });
    let mut summary = vec![
        ("Issuer", found.issuer.clone()),
        ("Authorization endpoint", endpoints.authorization),
        ("Token endpoint", endpoints.token),
        ("Key set", endpoints.jwks),
    ];
    summary.extend(endpoints.userinfo.map(|url| ("Userinfo endpoint", url)));
    summary.extend(endpoints.end_session.map(|url| ("Sign-out endpoint", url)));
    summary.push(("ID token algorithms", algorithms.join(", ")));
    Ok(Discovered { settings, checks: results(&checks), summary })
}

pub(crate) fn results(checks: &Checks) -> Vec<CheckResult> {
    checks.made().iter().map(|check| CheckResult { name: check.name.to_owned(), passed: check.passed }).collect()
}

#[async_trait]
impl Connector for OidcConnector {
    async fn begin(
        &self,
        demand: &SignInDemand,
        services: Services<'_>,
        now: DateTime<Utc>,
    ) -> Result<Begun, ConnectorError> {
        let (settings, completed_settings) = self.reachable_settings(services.fetch).await?;
        let endpoints = settings.endpoints.clone().ok_or_else(no_endpoints)?;
        let state = random_text(services);
        let handshake = OidcHandshake {
            issuer: settings.issuer.as_str().to_owned(),
            client_id: settings.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            nonce: random_text(services),
            pkce_verifier: (settings.pkce == Pkce::S256).then(|| random_text(services)),
            max_age: match (demand.interaction, settings.fresh_sign_in) {
                // prompt=login can be cut out of the address on the way; max_age=0 makes the provider say when the
                // person signed in (OAUTH-24).
                (Interaction::Forced, FreshSignIn::Proven) => Some(0),
                _ => demand.max_age,
            },
            interaction: demand.interaction,
            endpoints,
        };
        let forwards = |what: Forwarded| settings.forward.contains(&what);
        let extra = filled(&settings.extra_params, &demand.parameters)?;
        let url = authorization_url(&AuthorizationRequest {
            issuer: &handshake.issuer,
            endpoint: &handshake.endpoints.authorization,
            client_id: &handshake.client_id,
            redirect_uri: &handshake.redirect_uri,
            scopes: &settings.scopes,
            state: &state,
            nonce: &handshake.nonce,
            pkce_verifier: handshake.pkce_verifier.as_deref(),
            prompt: match demand.interaction {
                Interaction::Allowed => Prompt::Unset,
                Interaction::Forbidden => Prompt::None,
                Interaction::Forced => Prompt::Login,
            },
            max_age: handshake.max_age,
            login_hint: demand.login_hint.as_deref().filter(|_| forwards(Forwarded::LoginHint)),
            ui_locales: if forwards(Forwarded::UiLocales) { &demand.ui_locales } else { &[] },
            response_mode: self.profile.response_mode,
            extra: &extra,
        });
        let url = url.map_err(|fault| ConnectorError::from_oidc(fault, Vec::new()))?;
        let kind = HandshakeKind::Oidc(handshake);
        let pending = PendingHandshake { connection: self.connection.clone(), state, departed_at: now, kind };
        Ok(Begun { departure: Departure::Redirect { url }, pending, completed_settings })
    }

    async fn complete(
        &self,
        pending: &PendingHandshake,
        callback: &Callback,
        services: Services<'_>,
        now: DateTime<Utc>,
    ) -> Result<Completed, ConnectorError> {
        let mut checks = Checks::new();
        let outcome = Return { connector: self, pending, services, now }.walk(callback, &mut checks).await;
        let checks = results(&checks);
        match outcome {
            Ok(completed) => Ok(Completed { checks, ..completed }),
            Err(Stop::Protocol(fault)) => Err(ConnectorError::from_oidc(fault, checks)),
            Err(Stop::Keys(fault)) => Err(ConnectorError { checks, ..fault }),
        }
    }
}

impl OidcConnector {
    /// The settings with endpoints, discovered now if the provider was never reached before.
    async fn reachable_settings(
        &self,
        fetch: &dyn Fetch,
    ) -> Result<(OidcSettings, Option<serde_json::Value>), ConnectorError> {
        if self.settings.endpoints.is_some() {
            return Ok((self.settings.clone(), None));
        }
        let mut checks = Checks::new();
        let found = usher_oidc_rp::discover(&Port(fetch), self.settings.issuer.as_str(), &mut checks).await;
        let found = found.map_err(|fault| ConnectorError::from_discovery(fault, results(&checks)))?;
        let pkce = if found.pkce_s256 { self.settings.pkce } else { Pkce::Off };
        let settings = OidcSettings { endpoints: Some(Endpoints::from(&found)), pkce, ..self.settings.clone() };
        let stored = serde_json::to_value(&settings);
        let stored = stored.map_err(|f| ConnectorError::new(Phase::Discovery, RefusalCode::Internal, f))?;
        Ok((settings, Some(stored)))
    }
}

fn no_endpoints() -> ConnectorError {
    ConnectorError::new(Phase::Departure, RefusalCode::ConnectionUnavailable, "the provider was never discovered")
}

/// 256 random bits, base64url: 43 characters, fit for `state`, `nonce` and a PKCE code verifier.
pub(crate) fn random_text(services: Services<'_>) -> String {
    let mut bytes = [0_u8; 32];
    services.entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
