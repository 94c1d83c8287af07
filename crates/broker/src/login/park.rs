//! Answers that a provider sends as a form (OAuth 2.0 Form Post Response Mode): another site posts it, so the cookie
//! that tells whose sign-in it is stays at home. The answer is parked, and the browser comes for it by GET.
//!
//! Whoever posts proves nothing but to know `state`. Parking therefore only closes the hand-shake to further answers,
//! the first one wins; the owner's cookie is asked for at the GET, before anything in the answer is believed.

use chrono::Duration;
use usher_connectors::Callback;
use usher_domain::{ConnectionId, RefusalCode};
use usher_storage::pending::{self, PendingRow};
use usher_storage::{Purpose, hash, hex};

use super::arrive::handshake_of;
use super::depart::StoredHandshake;
use super::refuse::refuse_stranger;
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::visitor::Visitor;

/// How long a parked answer waits for its browser.
const PARKED_LIFE: Duration = Duration::seconds(60);

/// Parks a provider's posted answer; gives the `state` under which the browser comes for it.
pub async fn park(
    broker: &Broker,
    connection: &ConnectionId,
    callback: &Callback,
    visitor: &Visitor,
) -> Result<String, Failure> {
    let now = broker.now();
    let (row, stored) = handshake_of(broker, connection, callback, visitor).await?;
    let state_hash = row.state_hash;
    // A parked answer is fetched by its browser, never posted.
    if stored.parked.is_some() {
        return Err(refuse_stranger(broker, RefusalCode::IdpResponseInvalid, visitor).await);
    }
    let handle = broker.random_token();
    let parked = StoredHandshake { parked: Some(callback.parameters().to_vec()), ..stored };
    let waiting = waiting(broker, &row, &parked, handle.expose())?;
    let first = broker
        .store
        .write_ephemeral(move |tx| {
            let waiting = waiting.clone();
            Box::pin(async move {
                if pending::claim(tx, &state_hash, now).await?.is_none() {
                    return Ok::<_, Fault>(false);
                }
                Ok(pending::insert(tx, &waiting).await?)
            })
        })
        .await?;
    if !first {
        return Err(refuse_stranger(broker, RefusalCode::TxAlreadyUsed, visitor).await);
    }
    Ok(handle.expose().to_owned())
}

/// The row that waits for the browser: the same hand-shake under a name that nobody has seen yet.
fn waiting(broker: &Broker, row: &PendingRow, parked: &StoredHandshake, handle: &str) -> Result<PendingRow, Fault> {
    let now = broker.now();
    let state_hash = hash(handle.as_bytes());
    let text = serde_json::to_vec(parked).map_err(|e| Fault::unreadable("hand-shake", e))?;
    let sealed = broker
        .store
        .sealer()
        .seal(Purpose::PENDING, &hex(&state_hash), &text, broker.entropy())
        .map_err(|e| Fault::unreadable("hand-shake", e))?;
    let expires_at = row.expires_at.min(now + PARKED_LIFE);
    Ok(PendingRow { state_hash, sealed, created_at: now, expires_at, claimed_at: None, ..row.clone() })
}
