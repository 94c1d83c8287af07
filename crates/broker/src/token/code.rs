//! Authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636): redeemed by one conditional statement.
//!
//! A second use kills the family of the first (RFC 9700 section 4.14).

use std::sync::Arc;

use usher_domain::{AccountState, Application, AuditActor, AuditOutcome, RefusalCode, User};
use usher_oidc_provider::error::OAuthError;
use usher_oidc_provider::token::{CodeExchange, CodeFacts, TokenResponse, check_code};
use usher_storage::grants::{CodeRedemption, Grant};
use usher_storage::refresh_tokens::{self, RefreshToken};
use usher_storage::{Tx, audit, config, grants, hash, users};

use super::issue::{self, FreshRefreshToken, REFRESH_TOKEN_LIFE};
use super::{ROUNDS, TokenFailure, invalid_grant};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::grant::GrantPayload;
use crate::snapshot::Snapshot;
use crate::visitor::Visitor;

/// What a redeemed code yields.
pub struct Redeemed {
    /// The grant's row.
    pub grant: Grant,
    /// Its payload.
    pub payload: GrantPayload,
    /// The refresh token that was stored with it.
    pub refresh: Option<FreshRefreshToken>,
}

enum NotRedeemed {
    OAuth(OAuthError),
    ConfigurationMoved,
    Replayed(Box<Grant>),
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NotRedeemed {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

pub async fn redeem(
    broker: &Broker,
    application: &Application,
    exchange: CodeExchange,
    visitor: &Visitor,
) -> Result<TokenResponse, TokenFailure> {
    let redeemed = redeem_payload(broker, application, &exchange, visitor).await?;
    let scopes = redeemed.payload.request.scopes.clone();
    issue::tokens(broker, application, (&redeemed.grant, &redeemed.payload), scopes, redeemed.refresh).await
}

pub async fn redeem_payload(
    broker: &Broker,
    application: &Application,
    exchange: &CodeExchange,
    visitor: &Visitor,
) -> Result<Redeemed, TokenFailure> {
    for _ in 0..ROUNDS {
        let attempt = Attempt {
            store: broker.store.clone(),
            application: application.clone(),
            exchange: exchange.clone(),
            snapshot: broker.snapshot(),
            refresh: FreshRefreshToken::new(broker),
            now: broker.now(),
            visitor: visitor.clone(),
        };
        match broker.store.write(move |tx| Box::pin(attempt_redeem(tx, attempt.clone()))).await {
            Ok(redeemed) => return Ok(redeemed),
            Err(NotRedeemed::ConfigurationMoved) => {
                let fresh = broker.reload().await?;
                if fresh.application(&application.id).is_none_or(|a| !a.enabled) {
                    return Err(invalid_grant().into());
                }
            }
            Err(NotRedeemed::Replayed(grant)) => {
                revoke_family(broker, &grant, visitor).await?;
                return Err(invalid_grant().into());
            }
            Err(NotRedeemed::OAuth(error)) => return Err(error.into()),
            Err(NotRedeemed::Fault(fault)) => return Err(fault.into()),
        }
    }
    Err(Fault::NotReady("the configuration keeps moving").into())
}

#[derive(Clone)]
struct Attempt {
    store: usher_storage::Store,
    application: Application,
    exchange: CodeExchange,
    snapshot: Arc<Snapshot>,
    refresh: FreshRefreshToken,
    now: chrono::DateTime<chrono::Utc>,
    visitor: Visitor,
}

async fn attempt_redeem(tx: &mut Tx, attempt: Attempt) -> Result<Redeemed, NotRedeemed> {
    let code_hash = hash(attempt.exchange.code.expose().as_bytes());
    let redemption = CodeRedemption {
        code_hash,
        application: attempt.application.id.clone(),
        config_version: attempt.snapshot.version,
        now: attempt.now,
    };
    let Some(grant) = grants::redeem_code(tx, &redemption).await? else {
        return Err(why_not(tx, &attempt, &code_hash).await?);
    };
    let payload = GrantPayload::open(attempt.store.sealer(), &grant)?;
    // A failed check rolls the redemption back: a stranger without the verifier must not burn a person's code.
    let facts = CodeFacts {
        application: &grant.application,
        redirect_uri: &payload.request.redirect_uri,
        code_challenge: payload.request.code_challenge.as_ref(),
        expires_at: grant.code_expires_at,
    };
    check_code(&facts, &attempt.exchange, &attempt.application.id, attempt.now).map_err(NotRedeemed::OAuth)?;
    if !still_stands(tx, &grant, &payload, &attempt.snapshot).await? {
        return Err(NotRedeemed::OAuth(invalid_grant()));
    }
    let refresh = if payload.request.wants_offline_access() {
        let row = RefreshToken {
            hash: attempt.refresh.hash(),
            grant: grant.id.clone(),
            created_at: attempt.now,
            expires_at: attempt.now + REFRESH_TOKEN_LIFE,
            rotated_at: None,
        };
        refresh_tokens::insert(tx, &row).await?;
        grants::extend(tx, &grant.id, row.expires_at).await?;
        Some(attempt.refresh.clone())
    } else {
        None
    };
    let actor = AuditActor::Application(attempt.application.id.clone());
    let mut event = crate::audit::event(&attempt.visitor, attempt.now, "token.issued", actor);
    event.object = format!("grant:{}", grant.id);
    audit::insert(tx, &event).await?;
    Ok(Redeemed { grant, payload, refresh })
}

async fn why_not(tx: &mut Tx, attempt: &Attempt, code_hash: &usher_storage::Hash) -> Result<NotRedeemed, Fault> {
    if !config::assert_config_version(tx, attempt.snapshot.version).await? {
        return Ok(NotRedeemed::ConfigurationMoved);
    }
    let used = grants::find_by_code(tx, code_hash)
        .await?
        .filter(|grant| grant.code_used_at.is_some() && grant.application == attempt.application.id);
    Ok(match used {
        Some(grant) => NotRedeemed::Replayed(Box::new(grant)),
        None => NotRedeemed::OAuth(invalid_grant()),
    })
}

/// Whether what a grant rests on still stands: its connection is on, and its account may sign in. A person who had no
/// account then may have one now, under the same `sub`.
pub async fn still_stands(
    tx: &mut Tx,
    grant: &Grant,
    payload: &GrantPayload,
    snapshot: &Snapshot,
) -> Result<bool, Fault> {
    let connection = payload.authentication.connection.as_ref();
    if connection.is_some_and(|connection| snapshot.live_connection(connection).is_none()) {
        return Ok(false);
    }
    let is_active = |user: User| user.state == AccountState::Active;
    Ok(match &grant.user {
        Some(user) => users::get(tx, user).await?.is_some_and(is_active),
        None => users::get_by_subject(tx, &payload.subject).await?.is_none_or(is_active),
    })
}

/// Somebody presented a used code or refresh token: nobody knows who is honest, so all of it ends.
pub async fn revoke_family(broker: &Broker, grant: &Grant, visitor: &Visitor) -> Result<(), Fault> {
    let now = broker.now();
    let actor = AuditActor::Application(grant.application.clone());
    let mut event = crate::audit::event(visitor, now, "token.replayed", actor);
    event.object = format!("grant:{}", grant.id);
    event.outcome = AuditOutcome::Refused;
    event.detail = serde_json::json!({ "code": RefusalCode::TxAlreadyUsed });
    let id = grant.id.clone();
    broker
        .store
        .write(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                if grants::revoke(tx, &id, now).await? {
                    audit::insert(tx, &event).await?;
                }
                Ok::<_, Fault>(())
            })
        })
        .await
}
