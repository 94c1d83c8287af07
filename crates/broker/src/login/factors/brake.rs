//! The brake on second factors: one count per person over all of them, all sign-ins and all nodes (MFA-06).
//!
//! Counted before an answer is looked at, so that many at once are no more than the limit. Only a right answer resets it:
//! a password does not. The lock is visible, since whoever sees it proved a first factor. It grows with every lock in a row,
//! and the owner is told of the first.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{AuditActor, AuditEvent, AuditOutcome, MailContent, UserId};
use usher_storage::attempts::{self, AttemptPolicy, AttemptState};
use usher_storage::{Tx, audit, users};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::mail::Notices;

/// Answers that are looked at in an hour; the next one begins a lock.
const ANSWERS: u32 = 20;
const WINDOW: Duration = Duration::hours(1);
const FIRST_LOCK: Duration = Duration::minutes(15);
const LONGEST_LOCK: Duration = Duration::hours(24);
/// Locks in a row are remembered for so long; they lock nothing by themselves.
const LOCKS: AttemptPolicy = AttemptPolicy { limit: 1_000_000, window: Duration::days(30), lock: Duration::zero() };
/// Codes mailed to one person in an hour, from whatever sign-ins (MFA-08).
const SENDS: AttemptPolicy = AttemptPolicy { limit: 10, window: Duration::hours(1), lock: Duration::hours(1) };

/// Counts an answer; the seconds to wait where it must not be looked at.
pub(crate) async fn count(broker: &Broker, key: &str) -> Result<Option<u64>, Fault> {
    let (key, notices, now) = (key.to_owned(), Notices::of(broker), broker.now());
    broker
        .store
        .write(move |tx| {
            let (key, notices) = (key.clone(), notices.clone());
            Box::pin(async move { count_in(tx, &key, &notices, now).await })
        })
        .await
}

async fn count_in(tx: &mut Tx, key: &str, notices: &Notices, now: DateTime<Utc>) -> Result<Option<u64>, Fault> {
    let (answers, locks) = names(key);
    let state = attempts::state(tx, &answers, now).await?;
    if let Some(seconds) = wait(&state, now) {
        return Ok(Some(seconds));
    }
    if state.failures > i64::from(ANSWERS) {
        // A lock that is over leaves as many answers as before it; only the next lock is longer.
        attempts::clear(tx, &answers).await?;
    }
    let before = attempts::state(tx, &locks, now).await?.failures;
    let lock = lock_after(before);
    let policy = AttemptPolicy { limit: ANSWERS + 1, window: WINDOW, lock };
    let counted = attempts::record_failure(tx, &answers, &policy, now).await?;
    if counted.failures <= i64::from(ANSWERS) {
        return Ok(None);
    }
    if counted.failures == i64::from(ANSWERS) + 1 {
        attempts::record_failure(tx, &locks, &LOCKS, now).await?;
        tell(tx, key, (before, lock), notices, now).await?;
    }
    Ok(Some(wait(&counted, now).unwrap_or(1)))
}

/// What answers and locks of a person are counted under.
fn names(key: &str) -> (String, String) {
    (format!("factor:{key}"), format!("factor-locks:{key}"))
}

fn wait(state: &AttemptState, now: DateTime<Utc>) -> Option<u64> {
    let until = state.locked_until.filter(|until| *until > now)?;
    Some(u64::try_from((until - now).num_seconds()).unwrap_or(0).max(1))
}

/// Twice as long each time, up to a day: whoever has the password gets a few dozen guesses a day at most, and the owner is
/// never out for ever.
fn lock_after(locks: i64) -> Duration {
    let doublings = u32::try_from(locks.clamp(0, 16)).unwrap_or(16);
    (FIRST_LOCK * 2_i32.pow(doublings)).min(LONGEST_LOCK)
}

/// Every lock of an account is an event; the first of a row is told to its owner, for somebody else knows the password.
async fn tell(
    tx: &mut Tx,
    key: &str,
    (before, lock): (i64, Duration),
    notices: &Notices,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let Ok(id) = UserId::parse(key) else { return Ok(()) };
    let Some(user) = users::get(tx, &id).await? else { return Ok(()) };
    let minutes = u32::try_from(lock.num_minutes()).unwrap_or(u32::MAX);
    let event = AuditEvent {
        at: now,
        action: "user.factors_locked".to_owned(),
        actor: AuditActor::System,
        object: crate::audit::user_object(&id),
        outcome: AuditOutcome::Success,
        detail: serde_json::json!({ "minutes": minutes, "locks_before": before }),
        correlation: None,
        remote: None,
    };
    audit::insert(tx, &event).await?;
    if before == 0 {
        notices.tell(tx, &user, MailContent::FactorsLocked { minutes }, now).await?;
    }
    Ok(())
}

/// Whether answers of a person are locked, without counting one: where nobody has proved anything yet, a count would let
/// strangers lock people out (MFA-20).
pub(super) async fn is_locked(broker: &Broker, key: &str) -> Result<bool, Fault> {
    let ((answers, _), now) = (names(key), broker.now());
    let state = broker.store.read(move |tx| Box::pin(async move { attempts::state(tx, &answers, now).await })).await?;
    Ok(wait(&state, now).is_some())
}

/// Forgets the wrong answers before a right one.
pub(crate) async fn clear(broker: &Broker, key: &str) -> Result<(), Fault> {
    let key = key.to_owned();
    broker
        .store
        .write(move |tx| {
            let key = key.clone();
            Box::pin(async move { forget(tx, &key).await })
        })
        .await
}

/// The same within a deed that makes the answers before it worthless.
pub(crate) async fn forget(tx: &mut Tx, key: &str) -> Result<(), Fault> {
    let (answers, locks) = names(key);
    attempts::clear(tx, &answers).await?;
    Ok(attempts::clear(tx, &locks).await?)
}

/// Counts a mail within the transaction that queues it; false: it must not be sent.
pub(super) async fn may_send(tx: &mut Tx, key: &str, now: DateTime<Utc>) -> Result<bool, Fault> {
    let key = format!("code-sends:{key}");
    if attempts::state(tx, &key, now).await?.locked_until.is_some_and(|until| until > now) {
        return Ok(false);
    }
    attempts::record_failure(tx, &key, &SENDS, now).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_grows_and_stops_growing() {
        let minutes: Vec<i64> = (0..9).map(|locks| lock_after(locks).num_minutes()).collect();
        assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(lock_after(i64::MAX), LONGEST_LOCK);
    }
}
