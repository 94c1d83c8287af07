//! Signs what a grant allows: access token, ID token, refresh token.

use chrono::Duration;
use usher_domain::{Application, Claims, SecretText, User};
use usher_oidc_provider::claims::{self, Person};
use usher_oidc_provider::keys::KeyRing;
use usher_oidc_provider::scope::{Scope, Scopes};
use usher_oidc_provider::token::TokenResponse;
use usher_oidc_provider::tokens::{AccessTokenParts, IdTokenParts, access_token, id_token};
use usher_storage::grants::Grant;
use usher_storage::{Hash, hash};

use super::{TokenFailure, told};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::grant::GrantPayload;

/// Life of an access token, and of the ID token beside it.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::minutes(10);
/// Life of a refresh token from its last rotation.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::days(30);

/// A refresh token that leaves once; only its hash is stored.
#[derive(Debug, Clone)]
pub struct FreshRefreshToken(SecretText);

impl FreshRefreshToken {
    /// 256 random bits.
    pub fn new(broker: &Broker) -> Self {
        Self(broker.random_token())
    }

    /// The hash at rest.
    pub fn hash(&self) -> Hash {
        hash(self.0.expose().as_bytes())
    }
}

/// Signs the tokens of a grant.
pub async fn tokens(
    broker: &Broker,
    application: &Application,
    (grant, payload): (&Grant, &GrantPayload),
    scopes: Scopes,
    refresh: Option<FreshRefreshToken>,
) -> Result<TokenResponse, TokenFailure> {
    let known = told::known(broker, grant, payload, application).await?;
    let person = person(known.user.as_ref(), payload);
    let mut id_claims = claims::for_id_token(&person, &scopes, &payload.request.claims);
    told::add(&mut id_claims, application, &known, payload);
    let signing = Signing {
        ring: broker.snapshot(),
        issuer: broker.issuer.clone(),
        application: application.clone(),
        grant: grant.id.clone(),
        payload: payload.clone(),
        scopes: scopes.clone(),
        id_claims,
        token_id: broker.random_token(),
        now: broker.now(),
    };
    // RSA takes a third of a millisecond: not on the async threads.
    let (access_token, id_token) =
        tokio::task::spawn_blocking(move || signing.sign()).await.map_err(|e| Fault::Signing(e.into()))??;
    Ok(TokenResponse {
        access_token,
        expires_in: ACCESS_TOKEN_LIFE.num_seconds().unsigned_abs(),
        refresh_token: refresh.map(|token| token.0.expose().to_owned()),
        scope: scopes,
        id_token,
    })
}

/// The person whose claims are told.
pub fn person<'a>(user: Option<&'a User>, payload: &'a GrantPayload) -> Person<'a> {
    match user {
        Some(user) => Person::Account { username: &user.username, attributes: &user.attributes },
        None => Person::PassThrough(&payload.authentication.pass_through),
    }
}

struct Signing {
    ring: std::sync::Arc<crate::snapshot::Snapshot>,
    issuer: usher_domain::IssuerUrl,
    application: Application,
    grant: usher_domain::GrantId,
    payload: GrantPayload,
    scopes: Scopes,
    id_claims: Claims,
    token_id: SecretText,
    now: chrono::DateTime<chrono::Utc>,
}

impl Signing {
    fn sign(self) -> Result<(String, Option<String>), Fault> {
        let ring: &KeyRing = &self.ring.keys;
        let key =
            ring.signer(self.application.id_token_alg).ok_or(Fault::Invariant("every algorithm has a current key"))?;
        let expires_at = self.now + ACCESS_TOKEN_LIFE;
        let access = access_token(
            key,
            &AccessTokenParts {
                issuer: &self.issuer,
                subject: &self.payload.subject,
                audience: self.issuer.as_str(),
                client: &self.application.id,
                scopes: &self.scopes,
                id: self.token_id.expose(),
                grant: &self.grant,
                issued_at: self.now,
                expires_at,
            },
        )
        .map_err(|e| Fault::Signing(e.into()))?;
        if !self.scopes.has(Scope::OpenId) {
            return Ok((access, None));
        }
        let parts = IdTokenParts {
            issuer: &self.issuer,
            subject: &self.payload.subject,
            audience: &self.application.id,
            issued_at: self.now,
            expires_at,
            auth_time: self.payload.authentication.at,
            nonce: self.payload.request.nonce.as_deref(),
            acr: self.payload.authentication.acr.as_deref(),
            amr: &self.payload.authentication.amr,
            session: Some(&self.payload.session),
            access_token: Some(&access),
            claims: &self.id_claims,
        };
        let id = id_token(key, &parts).map_err(|e| Fault::Signing(e.into()))?;
        Ok((access, Some(id)))
    }
}
