//! Refresh token for tokens (RFC 6749 section 6): rotated at every use; an old one kills the family.

use usher_domain::{Application, AuditActor};
use usher_oidc_provider::error::OAuthError;
use usher_oidc_provider::scope::Scopes;
use usher_oidc_provider::token::{RefreshExchange, TokenResponse, narrow_scopes};
use usher_storage::grants::Grant;
use usher_storage::refresh_tokens::{self, Rotation};
use usher_storage::{Store, Tx, audit, config, grants, hash};

use super::code::{revoke_family, still_stands};
use super::issue::{self, FreshRefreshToken, REFRESH_TOKEN_LIFE};
use super::{ROUNDS, TokenFailure, invalid_grant};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::grant::GrantPayload;
use crate::visitor::Visitor;

enum NotRefreshed {
    OAuth(OAuthError),
    ConfigurationMoved,
    Replayed(Box<Grant>),
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NotRefreshed {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

#[derive(Clone)]
struct Attempt {
    store: Store,
    application: Application,
    exchange: RefreshExchange,
    snapshot: std::sync::Arc<crate::snapshot::Snapshot>,
    fresh: FreshRefreshToken,
    now: chrono::DateTime<chrono::Utc>,
    visitor: Visitor,
}

pub async fn refresh(
    broker: &Broker,
    application: &Application,
    exchange: RefreshExchange,
    visitor: &Visitor,
) -> Result<TokenResponse, TokenFailure> {
    for _ in 0..ROUNDS {
        let fresh = FreshRefreshToken::new(broker);
        let attempt = Attempt {
            store: broker.store.clone(),
            application: application.clone(),
            exchange: exchange.clone(),
            snapshot: broker.snapshot(),
            fresh: fresh.clone(),
            now: broker.now(),
            visitor: visitor.clone(),
        };
        match broker.store.write(move |tx| Box::pin(rotate(tx, attempt.clone()))).await {
            Ok((grant, payload, scopes)) => {
                return issue::tokens(broker, application, (&grant, &payload), scopes, Some(fresh)).await;
            }
            Err(NotRefreshed::ConfigurationMoved) => {
                let snapshot = broker.reload().await?;
                if snapshot.application(&application.id).is_none_or(|a| !a.enabled) {
                    return Err(invalid_grant().into());
                }
            }
            Err(NotRefreshed::Replayed(grant)) => {
                revoke_family(broker, &grant, visitor).await?;
                return Err(invalid_grant().into());
            }
            Err(NotRefreshed::OAuth(error)) => return Err(error.into()),
            Err(NotRefreshed::Fault(fault)) => return Err(fault.into()),
        }
    }
    Err(Fault::NotReady("the configuration keeps moving").into())
}

async fn rotate(tx: &mut Tx, attempt: Attempt) -> Result<(Grant, GrantPayload, Scopes), NotRefreshed> {
    let old = hash(attempt.exchange.refresh_token.expose().as_bytes());
    let refused = || NotRefreshed::OAuth(invalid_grant());
    let token = refresh_tokens::find(tx, &old).await?.ok_or_else(refused)?;
    let grant = grants::get(tx, &token.grant).await?.ok_or_else(refused)?;
    // A token of another application is refused before anything happens to its family.
    if grant.application != attempt.application.id || grant.revoked_at.is_some() {
        return Err(refused());
    }
    if token.rotated_at.is_some() {
        return Err(NotRefreshed::Replayed(Box::new(grant)));
    }
    let payload = GrantPayload::open(attempt.store.sealer(), &grant)?;
    let scopes =
        narrow_scopes(&payload.request.scopes, attempt.exchange.scope.as_deref()).map_err(NotRefreshed::OAuth)?;
    if !still_stands(tx, &grant, &payload, &attempt.snapshot).await? {
        return Err(refused());
    }
    let expires_at = attempt.now + REFRESH_TOKEN_LIFE;
    let rotation = Rotation {
        old,
        new: attempt.fresh.hash(),
        new_expires_at: expires_at,
        config_version: attempt.snapshot.version,
        now: attempt.now,
    };
    if refresh_tokens::rotate(tx, &rotation).await?.is_none() {
        return Err(why_not(tx, &attempt, grant, &old).await?);
    }
    grants::extend(tx, &grant.id, expires_at).await?;
    let actor = AuditActor::Application(attempt.application.id.clone());
    let mut event = crate::audit::event(&attempt.visitor, attempt.now, "token.refreshed", actor);
    event.object = format!("grant:{}", grant.id);
    audit::insert(tx, &event).await?;
    Ok((grant, payload, scopes))
}

async fn why_not(
    tx: &mut Tx,
    attempt: &Attempt,
    grant: Grant,
    old: &usher_storage::Hash,
) -> Result<NotRefreshed, Fault> {
    if !config::assert_config_version(tx, attempt.snapshot.version).await? {
        return Ok(NotRefreshed::ConfigurationMoved);
    }
    let rotated = refresh_tokens::find(tx, old).await?.is_some_and(|token| token.rotated_at.is_some());
    Ok(if rotated { NotRefreshed::Replayed(Box::new(grant)) } else { NotRefreshed::OAuth(invalid_grant()) })
}
