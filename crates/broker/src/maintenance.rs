//! What runs beside the requests: following the configuration, purging what expired.

use std::time::Duration;

use usher_storage::purge::{self, PurgeOptions, Purged};
use usher_storage::{flows, traces};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state;
use crate::limits::Limits;

/// How often the configuration's version is looked at.
pub const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How often expired rows are purged.
pub const PURGE_EVERY: Duration = Duration::from_mins(1);
/// How often the sign-ins in progress are counted.
pub const COUNT_EVERY: Duration = Duration::from_secs(10);
/// Rows of one kind purged at once.
const BATCH: u32 = 500;
/// Batches of one turn.
const BATCHES_A_TURN: usize = 200;
/// How long audit events are kept.
const AUDIT_FOR: chrono::Duration = chrono::Duration::days(400);
/// How long provisioning decisions are kept, and the sign-ins that people look through.
const DECISIONS_FOR: chrono::Duration = chrono::Duration::days(180);
/// How long traces are kept.
const TRACES_FOR: chrono::Duration = chrono::Duration::days(30);

/// Keeps the traces of abandoned sign-ins, then purges one batch of everything that expired.
pub async fn purge(broker: &Broker) -> Result<Purged, Fault> {
    let now = broker.now();
    broker.limits.shrink();
    keep_abandoned(broker).await?;
    let options = PurgeOptions {
        now,
        batch: BATCH,
        traces_before: now - TRACES_FOR,
        decisions_before: now - DECISIONS_FOR,
        audit_before: Some(now - AUDIT_FOR),
    };
    Ok(purge::expired(&broker.store, &options).await?)
}

/// Purges batch by batch until nothing expired is left, or the next turn is due anyway.
pub async fn purge_all(broker: &Broker) -> Result<(), Fault> {
    for _ in 0..BATCHES_A_TURN {
        if !purge(broker).await?.more {
            break;
        }
    }
    Ok(())
}

async fn keep_abandoned(broker: &Broker) -> Result<(), Fault> {
    let abandoned = flow_state::abandoned(broker, broker.now(), BATCH).await?;
    if abandoned.is_empty() {
        return Ok(());
    }
    broker
        .store
        .write(move |tx| {
            let abandoned = abandoned.clone();
            Box::pin(async move {
                for trace in &abandoned {
                    traces::upsert(tx, trace).await?;
                }
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// Counts the sign-ins in progress, for the brake.
pub async fn count_sign_ins(broker: &Broker) -> Result<(), Fault> {
    let now = broker.now();
    let count = broker.store.read_ephemeral(move |tx| Box::pin(async move { flows::count_all(tx, now).await })).await?;
    let surplus = Limits::surplus(count);
    let evicted = if surplus > 0 {
        broker.store.write_ephemeral(move |tx| Box::pin(async move { flows::evict(tx, surplus).await })).await?
    } else {
        0
    };
    broker.limits.note_sign_ins(count - i64::try_from(evicted).unwrap_or(0));
    Ok(())
}
