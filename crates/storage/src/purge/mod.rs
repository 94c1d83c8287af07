//! Purging: every table that grows with sign-ins has an end for its rows, and this deletes them in small batches,
//! so that no sign-in waits behind it (REL-27).

pub(crate) mod durable;
pub(crate) mod ephemeral;

use chrono::{DateTime, Duration, Utc};

use crate::StorageError;
use crate::db::{Store, values};

/// How long after its end a mail may wait for the dispatcher to give it up; a server without one never does.
const MAIL_FOR: Duration = Duration::days(7);

/// What is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgeOptions {
    /// The present time.
    pub now: DateTime<Utc>,
    /// Most rows per table and call; a few hundred.
    pub batch: u32,
    /// Traces begun before go.
    pub traces_before: DateTime<Utc>,
    /// Decisions before go, and sign-ins that are kept for their owners.
    pub decisions_before: DateTime<Utc>,
    /// Audit events before go; none: audit is kept.
    pub audit_before: Option<DateTime<Utc>>,
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Sessions.
    pub sessions: u64,
    /// Refresh tokens.
    pub refresh_tokens: u64,
    /// Grants, their refresh tokens not counted.
    pub grants: u64,
    /// Counters of failed attempts.
    pub attempts: u64,
    /// One-time links.
    pub setup_tokens: u64,
    /// Recorded sign-ins.
    pub recordings: u64,
    /// Remembered browsers.
    pub trusted_devices: u64,
    /// One-time codes of the helpdesk.
    pub bypass_codes: u64,
    /// Recorded sign-ins of flows.
    pub flow_recordings: u64,
    /// Decisions.
    pub decisions: u64,
    /// Sign-ins kept for their owners.
    pub own_sign_ins: u64,
    /// Mails that nobody gave up.
    pub outbox: u64,
    /// Traces.
    pub traces: u64,
    /// Audit events.
    pub audit: u64,
    /// Flows.
    pub flows: u64,
    /// Pending hand-shakes.
    pub pending: u64,
    /// What was begun in the account page.
    pub account_steps: u64,
    /// Whether a table filled its batch: call again.
    pub more: bool,
}

/// Deletes at most one batch per table, each in a transaction of its own.
pub async fn expired(store: &Store, options: &PurgeOptions) -> Result<Purged, StorageError> {
    let PurgeOptions { now, batch, traces_before, decisions_before, audit_before } = *options;
    let [sessions, refresh_tokens, grants, attempts, setup_tokens, recordings] = durable::BY_EXPIRY;
    let [trusted_devices, bypass_codes, flow_recordings] = durable::FACTORS_BY_EXPIRY;
    let [pending, flows, account_steps] = ephemeral::BY_EXPIRY;
    let mut purged = Purged {
        sessions: delete(store, sessions, now, batch).await?,
        refresh_tokens: delete(store, refresh_tokens, now, batch).await?,
        grants: delete(store, grants, now, batch).await?,
        attempts: delete(store, attempts, now, batch).await?,
        setup_tokens: delete(store, setup_tokens, now, batch).await?,
        recordings: delete(store, recordings, now, batch).await?,
        trusted_devices: delete(store, trusted_devices, now, batch).await?,
        bypass_codes: delete(store, bypass_codes, now, batch).await?,
        flow_recordings: delete(store, flow_recordings, now, batch).await?,
        decisions: delete(store, durable::OLD_DECISIONS, decisions_before, batch).await?,
        own_sign_ins: delete(store, durable::OLD_SIGN_INS, decisions_before, batch).await?,
        outbox: delete(store, durable::OLD_MAIL, now - MAIL_FOR, batch).await?,
        traces: delete(store, durable::OLD_TRACES, traces_before, batch).await?,
        audit: match audit_before {
            Some(before) => delete(store, durable::OLD_AUDIT, before, batch).await?,
            None => 0,
        },
        pending: delete_ephemeral(store, pending, now, batch).await?,
        flows: delete_ephemeral(store, flows, now, batch).await?,
        account_steps: delete_ephemeral(store, account_steps, now, batch).await?,
        more: false,
    };
    purged.more = purged.largest() >= u64::from(batch);
    Ok(purged)
}

impl Purged {
    fn largest(&self) -> u64 {
        let durable = [self.sessions, self.refresh_tokens, self.grants, self.attempts, self.setup_tokens];
        let kept = [self.recordings, self.decisions, self.outbox, self.traces, self.audit];
        let factors = [self.trusted_devices, self.bypass_codes, self.flow_recordings];
        durable
            .into_iter()
            .chain(factors)
            .chain(kept)
            .chain([self.flows, self.pending, self.account_steps, self.own_sign_ins])
            .max()
            .unwrap_or_default()
    }
}

async fn delete(store: &Store, sql: &'static str, before: DateTime<Utc>, batch: u32) -> Result<u64, StorageError> {
    store.write(move |tx| Box::pin(async move { tx.execute(sql, values![before, batch]).await })).await
}

async fn delete_ephemeral(
    store: &Store,
    sql: &'static str,
    before: DateTime<Utc>,
    batch: u32,
) -> Result<u64, StorageError> {
    store.write_ephemeral(move |tx| Box::pin(async move { tx.execute(sql, values![before, batch]).await })).await
}
