//! Keys of the providers: cached per connection, one refetch a minute at most, the last good set kept for a day.
//!
//! An unknown `kid` asks for a refetch (OIDC-11, DOS-13); a fetch that fails keeps the old keys (REL-13).

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use moka::future::Cache;
use usher_connectors::{ConnectorError, Fetch, ProviderKeySet, ProviderKeys, fetch_keys};
use usher_domain::{Clock, ConnectionId};

/// Age at which a set is fetched anew.
const FRESH_FOR: Duration = Duration::minutes(15);
/// Age up to which the last good set serves while the provider does not answer.
const KEPT_FOR: Duration = Duration::hours(24);
/// Least time between two fetches of one connection.
const PAUSE: Duration = Duration::seconds(60);

#[derive(Clone)]
struct Entry {
    keys: Arc<ProviderKeySet>,
    fetched_at: DateTime<Utc>,
    /// When a renewal last failed: the old set serves without asking again for a while.
    failed_at: Option<DateTime<Utc>>,
}

/// The cache.
pub struct JwksCache {
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    entries: Cache<(ConnectionId, String), Entry>,
    /// When an unknown key last led to a refetch; an ordinary fetch does not count, so that a key rotated right after
    /// it is found.
    refetched: Cache<(ConnectionId, String), DateTime<Utc>>,
    /// One fetch at a time per set: a slow provider keeps nobody else waiting (REL-10).
    turns: moka::sync::Cache<(ConnectionId, String), Arc<tokio::sync::Mutex<()>>>,
}

impl JwksCache {
    /// An empty cache.
    pub fn new(fetch: Arc<dyn Fetch>, clock: Arc<dyn Clock>) -> Self {
        Self {
            fetch,
            clock,
            entries: Cache::new(20_000),
            refetched: Cache::new(20_000),
            turns: moka::sync::Cache::new(20_000),
        }
    }

    fn turn(&self, key: &(ConnectionId, String)) -> Arc<tokio::sync::Mutex<()>> {
        self.turns.get_with(key.clone(), Arc::default)
    }

    async fn fetch_into(&self, key: (ConnectionId, String)) -> Result<Arc<ProviderKeySet>, ConnectorError> {
        let now = self.clock.now();
        let keys = Arc::new(fetch_keys(&*self.fetch, &key.1).await?);
        self.entries.insert(key, Entry { keys: Arc::clone(&keys), fetched_at: now, failed_at: None }).await;
        Ok(keys)
    }
}

#[async_trait]
impl ProviderKeys for JwksCache {
    async fn keys(&self, connection: &ConnectionId, jwks_uri: &str) -> Result<Arc<ProviderKeySet>, ConnectorError> {
        let key = (connection.clone(), jwks_uri.to_owned());
        let now = self.clock.now();
        let usable = |entry: &Entry| {
            now - entry.fetched_at < FRESH_FOR || entry.failed_at.is_some_and(|failed_at| now - failed_at < PAUSE)
        };
        if let Some(entry) = self.entries.get(&key).await.filter(usable) {
            return Ok(entry.keys);
        }
        // One fetch at a time: whoever waited finds the answer of the one before.
        let turn = self.turn(&key);
        let _turn = turn.lock().await;
        let old = self.entries.get(&key).await;
        if let Some(entry) = old.clone().filter(usable) {
            return Ok(entry.keys);
        }
        match (self.fetch_into(key.clone()).await, old) {
            (Ok(keys), _) => Ok(keys),
            (Err(_), Some(entry)) if now - entry.fetched_at < KEPT_FOR => {
                let keys = Arc::clone(&entry.keys);
                self.entries.insert(key, Entry { failed_at: Some(now), ..entry }).await;
                Ok(keys)
            }
            (Err(fault), _) => Err(fault),
        }
    }

    async fn refetch(
        &self,
        connection: &ConnectionId,
        jwks_uri: &str,
    ) -> Result<Option<Arc<ProviderKeySet>>, ConnectorError> {
        let key = (connection.clone(), jwks_uri.to_owned());
        let turn = self.turn(&key);
        let _turn = turn.lock().await;
        let now = self.clock.now();
        if self.refetched.get(&key).await.is_some_and(|last| now - last < PAUSE) {
            return Ok(None);
        }
        self.refetched.insert(key.clone(), now).await;
        self.fetch_into(key).await.map(Some)
    }
}
