//! The sign-in log: the newest traces, and one by its correlation id.

use usher_domain::{CorrelationId, SignInTrace};
use usher_storage::traces::{self, TraceSearch};

use crate::broker::Broker;
use crate::failure::Fault;

/// The newest traces that match.
pub async fn list(broker: &Broker, search: TraceSearch) -> Result<Vec<SignInTrace>, Fault> {
    Ok(broker.store.read(move |tx| Box::pin(async move { traces::list(tx, &search).await })).await?)
}

/// One trace.
pub async fn get(broker: &Broker, correlation: &CorrelationId) -> Result<Option<SignInTrace>, Fault> {
    let id = correlation.clone();
    Ok(broker.store.read(move |tx| Box::pin(async move { traces::get(tx, &id).await })).await?)
}
