//! What runs beside the requests: following the configuration, purging what expired.

use std::time::Duration;

use usher_storage::purge::{self, PurgeOptions, Purged};

use crate::broker::Broker;
use crate::failure::Fault;

/// How often the configuration's version is looked at.
pub const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How often expired rows are purged.
pub const PURGE_EVERY: Duration = Duration::from_mins(1);
/// Rows of one kind purged at once.
const BATCH: u32 = 500;
/// How long traces are kept.
const TRACES_FOR: chrono::Duration = chrono::Duration::days(30);

/// Purges one batch of everything that expired.
pub async fn purge(broker: &Broker) -> Result<Purged, Fault> {
    let now = broker.now();
    broker.limits.shrink();
    let options = PurgeOptions { now, batch: BATCH, traces_before: now - TRACES_FOR, audit_before: None };
    Ok(purge::expired(&broker.store, &options).await?)
}
