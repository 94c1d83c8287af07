//! The brake on second factors: one count per person over all of them, all sign-ins and all nodes (MFA-06).
//!
//! Counted before an answer is looked at, so that many at once are no more than the limit. Only a right answer resets it:
//! a password does not. The lock is visible, since whoever sees it proved a first factor.

use chrono::Duration;
use usher_storage::attempts::{self, AttemptPolicy, AttemptState};

use crate::broker::Broker;
use crate::failure::Fault;

/// Twenty answers in an hour, then none for a quarter of an hour.
const ANSWERS: AttemptPolicy = AttemptPolicy { limit: 20, window: Duration::hours(1), lock: Duration::minutes(15) };
/// Codes mailed to one person in an hour, from whatever sign-ins (MFA-08).
const SENDS: AttemptPolicy = AttemptPolicy { limit: 10, window: Duration::hours(1), lock: Duration::hours(1) };

/// Counts an answer; the seconds to wait where it must not be looked at.
pub(super) async fn count(broker: &Broker, key: &str) -> Result<Option<u64>, Fault> {
    let (key, now) = (format!("factor:{key}"), broker.now());
    let wait = move |state: &AttemptState| {
        let until = state.locked_until.filter(|until| *until > now)?;
        Some(u64::try_from((until - now).num_seconds()).unwrap_or(0).max(1))
    };
    broker
        .store
        .write(move |tx| {
            let key = key.clone();
            Box::pin(async move {
                if let Some(seconds) = wait(&attempts::state(tx, &key, now).await?) {
                    return Ok::<_, Fault>(Some(seconds));
                }
                let counted = attempts::record_failure(tx, &key, &ANSWERS, now).await?;
                let over = counted.failures > i64::from(ANSWERS.limit);
                Ok(over.then(|| wait(&counted).unwrap_or(1)))
            })
        })
        .await
}

/// Forgets the wrong answers before a right one.
pub(super) async fn clear(broker: &Broker, key: &str) -> Result<(), Fault> {
    let key = format!("factor:{key}");
    let cleared = broker
        .store
        .write(move |tx| {
            let key = key.clone();
            Box::pin(async move { attempts::clear(tx, &key).await })
        })
        .await;
    Ok(cleared?)
}

/// Counts a mail within the transaction that queues it; false: it must not be sent.
pub(super) async fn may_send(
    tx: &mut usher_storage::Tx,
    key: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, Fault> {
    let key = format!("code-sends:{key}");
    if attempts::state(tx, &key, now).await?.locked_until.is_some_and(|until| until > now) {
        return Ok(false);
    }
    attempts::record_failure(tx, &key, &SENDS, now).await?;
    Ok(true)
}
