//! The way back: callback, code, keys, ID token, userinfo, in this order and no further than the first failed check.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{ExternalIdentity, Interaction, SecretText};
use usher_oidc_rp::{
    AuthTimeRule, CallbackRules, Checks, Code, CodeExchange, IdTokenRules, IssuerParameter, OidcError, Phase, Tokens,
    VerifiedIdToken, exchange, fetch_userinfo, read_callback, verify_id_token,
};

use super::{OidcConnector, OidcHandshake, Port, claims, random_text};
use crate::{Callback, Completed, ConnectorError, HandshakeKind, PendingHandshake, Services};

/// Why the way back ended early.
pub(super) enum Stop {
    Protocol(OidcError),
    Keys(ConnectorError),
}

impl From<OidcError> for Stop {
    fn from(fault: OidcError) -> Self {
        Self::Protocol(fault)
    }
}

fn changed() -> Stop {
    let detail = "the connection was changed while the person was away".to_owned();
    Stop::Protocol(OidcError::Misconfigured { phase: Phase::Callback, detail })
}

/// One person's way back.
pub(super) struct Return<'a> {
    pub connector: &'a OidcConnector,
    pub pending: &'a PendingHandshake,
    pub services: Services<'a>,
    pub now: DateTime<Utc>,
}

impl Return<'_> {
    pub async fn walk(&self, callback: &Callback, checks: &mut Checks) -> Result<Completed, Stop> {
        let HandshakeKind::Oidc(handshake) = &self.pending.kind else { return Err(changed()) };
        self.check_handshake(handshake)?;
        let rules = CallbackRules {
            state: &self.pending.state,
            issuer: &handshake.issuer,
            issuer_parameter: if handshake.endpoints.issuer_parameter {
                IssuerParameter::Promised
            } else {
                IssuerParameter::Optional
            },
        };
        let code = read_callback(callback.parameters(), rules, checks)?;
        let http = Port(self.services.fetch);
        let jti = random_text(self.services);
        let request = CodeExchange {
            endpoint: &handshake.endpoints.token,
            issuer: &handshake.issuer,
            client_id: &handshake.client_id,
            credentials: &self.connector.credentials,
            redirect_uri: &handshake.redirect_uri,
            code: &code,
            pkce_verifier: handshake.pkce_verifier.as_deref(),
            jti: &jti,
        };
        let tokens = exchange(&http, &request, self.now, checks).await?;
        let issuer = match self.connector.profile.issuer_of {
            None => handshake.issuer.clone(),
            Some(issuer_of) => {
                checks.enter(Phase::IdToken);
                checks.attempt("directory", issuer_of(&self.connector.settings, &tokens))?
            }
        };
        let id_token = self.verified((handshake, &issuer), &code, &tokens, checks).await?;
        let userinfo = match &handshake.endpoints.userinfo {
            Some(endpoint) => Some(fetch_userinfo(&http, endpoint, &tokens, &id_token, checks).await?),
            None => None,
        };
        let reading = self.connector.settings.email_verified;
        let connection = &self.connector.connection;
        let mut identity = claims::identity(connection, &handshake.issuer, &id_token, userinfo.as_ref(), reading);
        self.look_again(callback, &id_token, &mut identity, checks)?;
        Ok(Completed { identity, checks: Vec::new(), id_token: Some(SecretText::new(tokens.id_token())) })
    }

    /// What this connection, or its preset, wants beyond the specification.
    fn look_again(
        &self,
        callback: &Callback,
        id_token: &VerifiedIdToken,
        identity: &mut ExternalIdentity,
        checks: &mut Checks,
    ) -> Result<(), Stop> {
        let OidcConnector { settings, profile, .. } = self.connector;
        if let Some(claim) = settings.subject_claim.as_deref().filter(|claim| *claim != "sub") {
            identity.key.subject = checks.attempt("subject_claim", claims::subject(claim, id_token))?;
        }
        if let Some(judge) = profile.judge {
            checks.attempt("account", judge(settings, id_token, identity))?;
        }
        if let Some(beside) = profile.beside {
            beside(callback, identity);
        }
        Ok(())
    }

    /// The connection may have been edited while the person was away: its secret then belongs to somebody else.
    fn check_handshake(&self, handshake: &OidcHandshake) -> Result<(), Stop> {
        let connector = self.connector;
        let unchanged = self.pending.connection == connector.connection
            && handshake.issuer == connector.settings.issuer.as_str()
            && handshake.client_id == connector.settings.client_id
            && connector.settings.endpoints.as_ref().is_none_or(|endpoints| *endpoints == handshake.endpoints);
        if unchanged {
            return Ok(());
        }
        Err(changed())
    }

    /// Verifies with the cached keys, and once more with fresh ones if the token names a key that they lack.
    async fn verified(
        &self,
        (handshake, issuer): (&OidcHandshake, &str),
        code: &Code,
        tokens: &Tokens,
        checks: &mut Checks,
    ) -> Result<VerifiedIdToken, Stop> {
        let rules = IdTokenRules {
            issuer,
            client_id: &handshake.client_id,
            algorithms: &self.connector.settings.id_token_algs,
            nonce: &handshake.nonce,
            state: &self.pending.state,
            code,
            auth_time: self.auth_time_rule(handshake),
        };
        let (connection, jwks) = (&self.connector.connection, handshake.endpoints.jwks.as_str());
        let keys = self.services.keys.keys(connection, jwks).await.map_err(Stop::Keys)?;
        let before = checks.clone();
        match verify_id_token(tokens, &keys, &rules, self.now, checks) {
            Err(unknown @ OidcError::UnknownKey { .. }) => {
                match self.services.keys.refetch(connection, jwks).await.map_err(Stop::Keys)? {
                    Some(fresh) => {
                        *checks = before;
                        Ok(verify_id_token(tokens, &fresh, &rules, self.now, checks)?)
                    }
                    None => Err(unknown.into()),
                }
            }
            outcome => Ok(outcome?),
        }
    }

    /// Measured from the departure: a person who takes an hour at the provider signed in no less freshly for it.
    fn auth_time_rule(&self, handshake: &OidcHandshake) -> AuthTimeRule {
        let departed = self.pending.departed_at;
        match (handshake.max_age, handshake.interaction) {
            (Some(_), Interaction::Forced) => AuthTimeRule::PresentAndNotBefore(departed),
            (Some(seconds), _) => {
                let age = i64::try_from(seconds).ok().and_then(Duration::try_seconds);
                let oldest = age.and_then(|age| departed.checked_sub_signed(age));
                AuthTimeRule::PresentAndNotBefore(oldest.unwrap_or(DateTime::UNIX_EPOCH))
            }
            (None, Interaction::Forced) => AuthTimeRule::NotBefore(departed),
            (None, _) => AuthTimeRule::Any,
        }
    }
}
