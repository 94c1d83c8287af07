//! The userinfo endpoint (OIDC Core section 5.3): what an access token lets an application know.

use usher_domain::Claims;
use usher_oidc_provider::bearer::{BearerError, bearer_token};
use usher_oidc_provider::claims;
use usher_oidc_provider::params::Params;
use usher_oidc_provider::scope::Scope;
use usher_oidc_provider::tokens::{Expected, verify_access_token};
use usher_storage::grants::{self, Grant};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::grant::GrantPayload;
use crate::token;

/// Why there are no claims.
#[derive(Debug, thiserror::Error)]
pub enum UserInfoFailure {
    /// The application is told.
    #[error("bearer token refused")]
    Bearer(BearerError),
    /// It is logged.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Checks the token, its grant and the account behind it, and tells the claims.
pub async fn userinfo(
    broker: &Broker,
    authorization: Option<&str>,
    query: &Params,
    form: &Params,
) -> Result<Claims, UserInfoFailure> {
    broker.assert_fresh()?;
    let token = bearer_token(authorization, query, form).map_err(UserInfoFailure::Bearer)?;
    let snapshot = broker.snapshot();
    let expected = Expected { issuer: &broker.issuer, audience: broker.issuer.as_str() };
    let token = verify_access_token(&snapshot.keys, token.expose(), &expected, broker.now())
        .map_err(|_| UserInfoFailure::Bearer(BearerError::InvalidToken))?;
    if !token.scopes.has(Scope::OpenId) {
        return Err(UserInfoFailure::Bearer(BearerError::InsufficientScope));
    }
    let id = token.grant.clone();
    let grant = broker
        .store
        .read(move |tx| Box::pin(async move { grants::get(tx, &id).await }))
        .await
        .map_err(Fault::from)?
        .filter(|grant| grant.revoked_at.is_none() && grant.application == token.client)
        .ok_or(UserInfoFailure::Bearer(BearerError::InvalidToken))?;
    let payload = GrantPayload::open(broker.store.sealer(), &grant)?;
    let application = snapshot
        .application(&grant.application)
        .filter(|application| application.enabled)
        .ok_or(UserInfoFailure::Bearer(BearerError::InvalidToken))?;
    if payload.subject != token.subject || !stands(broker, &grant, &payload).await? {
        return Err(UserInfoFailure::Bearer(BearerError::InvalidToken));
    }
    let known = token::told::known(broker, &grant, &payload, application).await?;
    let person = token::person(known.user.as_ref(), &payload);
    let mut claims = claims::userinfo(&payload.subject, &person, &token.scopes, &payload.request.claims);
    token::told::add(&mut claims, application, &known, &payload);
    Ok(claims)
}

async fn stands(broker: &Broker, grant: &Grant, payload: &GrantPayload) -> Result<bool, Fault> {
    let (grant, payload, snapshot) = (grant.clone(), payload.clone(), broker.snapshot());
    broker
        .store
        .read(move |tx| Box::pin(async move { token::code::still_stands(tx, &grant, &payload, &snapshot).await }))
        .await
}
