//! Out of the outbox: claims what is due, sends it, and tries again with growing pauses until it is not worth it any more.
//!
//! A claim moves the row's due time on by a lease in one statement, so that no other node takes the same mail; a node that
//! dies leaves it to the others when the lease is over. Between two attempts the pause doubles. A mail that the server
//! refuses for good, or whose time is over, is given up with a line in the log and in the audit log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use usher_domain::{Mail, MailId};
use usher_storage::Purpose;
use usher_storage::outbox::{self, OutboxRow};

use super::failure::{self, GivenUp};
use super::{Envelope, MailFault, MailParts};
use crate::broker::Broker;
use crate::failure::Fault;

/// How often the outbox is looked at.
pub const EVERY: Duration = Duration::from_secs(1);
/// Longest a mail may take to be handed over.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// How long a claimed mail belongs to its node: longer than it may take to be sent.
const LEASE: chrono::Duration = chrono::Duration::minutes(2);
/// Mails on their way at once.
const AT_ONCE: u32 = 8;
/// Batches of one turn.
const BATCHES_A_TURN: usize = 20;
/// Pause after the first attempt.
const FIRST_PAUSE: chrono::Duration = chrono::Duration::seconds(15);
/// Longest pause.
const LONGEST_PAUSE: chrono::Duration = chrono::Duration::hours(1);

/// Sends what is due, a few at once.
pub async fn turn(broker: &Broker) -> Result<(), Fault> {
    let Some(parts) = &broker.mail else { return Ok(()) };
    for _ in 0..BATCHES_A_TURN {
        let claimed = claim(broker).await?;
        if claimed.is_empty() {
            break;
        }
        for sent in join_all(claimed.into_iter().map(|row| deliver(broker, parts, row))).await {
            sent?;
        }
    }
    Ok(())
}

async fn claim(broker: &Broker) -> Result<Vec<OutboxRow>, Fault> {
    let now = broker.now();
    // A look costs no write; most turns end here.
    let waiting = broker.store.read(move |tx| Box::pin(async move { outbox::counts(tx, now).await })).await?;
    if waiting.due == 0 {
        return Ok(Vec::new());
    }
    Ok(broker.store.write(move |tx| Box::pin(outbox::claim_due(tx, now, LEASE, AT_ONCE))).await?)
}

/// How an attempt ended.
enum Attempt {
    Sent,
    Again(String),
    Never(GivenUp, String),
}

async fn deliver(broker: &Broker, parts: &MailParts, row: OutboxRow) -> Result<(), Fault> {
    let attempt = attempt(broker, parts, &row).await;
    let now = broker.now();
    match attempt {
        Attempt::Sent => {
            tracing::info!(mail = %row.id, attempts = row.attempts, "mail sent");
            let id = row.id;
            broker.store.write(move |tx| finish(tx, id.clone())).await
        }
        Attempt::Again(text) if now + pause(row.attempts) < row.expires_at => again(broker, &row, text).await,
        Attempt::Again(text) => give_up(broker, &row, GivenUp::Expired, text).await,
        Attempt::Never(why, text) => give_up(broker, &row, why, text).await,
    }
}

async fn attempt(broker: &Broker, parts: &MailParts, row: &OutboxRow) -> Attempt {
    if row.expires_at <= broker.now() {
        return Attempt::Never(GivenUp::Expired, "its time was over before a server took it".to_owned());
    }
    let Some(mail) = open(broker, row) else {
        return Attempt::Never(GivenUp::Unreadable, "what was stored cannot be read back".to_owned());
    };
    let envelope = Envelope { id: row.id.clone(), to: mail.to.clone(), at: broker.now() };
    match send(parts, &envelope, &mail).await {
        Ok(()) => Attempt::Sent,
        Err(MailFault::Refused(text)) => Attempt::Never(GivenUp::Refused, failure::masked(&text)),
        Err(MailFault::Later(text)) => Attempt::Again(failure::masked(&text)),
    }
}

/// Renders and sends, within a time.
pub(super) async fn send(parts: &MailParts, envelope: &Envelope, mail: &Mail) -> Result<(), MailFault> {
    let rendered = parts.renderer.render(mail);
    let sent = tokio::time::timeout(SEND_WITHIN, parts.mailer.send(envelope, rendered)).await;
    sent.unwrap_or_else(|_| Err(MailFault::Later("the server took too long".to_owned())))
}

fn open(broker: &Broker, row: &OutboxRow) -> Option<Mail> {
    let text = broker.store.sealer().open(Purpose::MAIL, row.id.as_str(), &row.sealed).ok()?;
    serde_json::from_slice(&text).ok()
}

/// 15 s, 30 s, 1 min, … at most an hour.
fn pause(attempts: i64) -> chrono::Duration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    (FIRST_PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE)
}

fn finish(tx: &mut usher_storage::Tx, id: MailId) -> futures_util::future::BoxFuture<'_, Result<(), Fault>> {
    Box::pin(async move {
        outbox::done(tx, &id).await?;
        Ok(())
    })
}

async fn again(broker: &Broker, row: &OutboxRow, text: String) -> Result<(), Fault> {
    let (now, id) = (broker.now(), row.id.clone());
    let due_at: DateTime<Utc> = now + pause(row.attempts);
    tracing::warn!(mail = %id, attempts = row.attempts, reason = %text, "mail not sent yet");
    broker
        .store
        .write(move |tx| {
            let (id, text) = (id.clone(), text.clone());
            Box::pin(async move {
                outbox::fail(tx, &id, due_at).await?;
                failure::note(tx, &text, now).await
            })
        })
        .await
}

async fn give_up(broker: &Broker, row: &OutboxRow, why: GivenUp, text: String) -> Result<(), Fault> {
    let (now, id) = (broker.now(), row.id.clone());
    let event = failure::given_up(&id, why, row.attempts, now);
    tracing::warn!(mail = %id, attempts = row.attempts, why = why.as_str(), reason = %text, "mail given up");
    broker
        .store
        .write(move |tx| {
            let (id, text, event) = (id.clone(), text.clone(), event.clone());
            Box::pin(async move {
                if outbox::done(tx, &id).await? {
                    failure::record(tx, &event).await?;
                    failure::note(tx, &text, now).await?;
                }
                Ok(())
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_an_hour() {
        let pauses: Vec<i64> = (1..=10).map(|attempt| pause(attempt).num_seconds()).collect();
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(pause(0), FIRST_PAUSE);
        assert_eq!(pause(i64::MAX), LONGEST_PAUSE);
    }

    #[test]
    fn a_lease_outlives_every_attempt() {
        assert!(LEASE.to_std().unwrap() > SEND_WITHIN * 2);
    }
}
