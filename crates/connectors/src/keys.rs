//! The port through which a connector gets a provider's signing keys.
//!
//! The broker implements it with a cache; [`fetch_keys`] is what it calls to fill that cache.

use std::sync::Arc;

use async_trait::async_trait;
use usher_domain::ConnectionId;
pub use usher_oidc_rp::ProviderKeySet;

use crate::kinds::oidc::Port;
use crate::{ConnectorError, Fetch};

/// The providers' signing keys, cached.
#[async_trait]
pub trait ProviderKeys: Send + Sync {
    /// The keys at `jwks_uri`, from the cache when it has them.
    async fn keys(&self, connection: &ConnectionId, jwks_uri: &str) -> Result<Arc<ProviderKeySet>, ConnectorError>;

    /// The keys fetched anew after a token named a key that is not in the set; at most once a minute per connection
    /// (DOS-13). `None` when it is too early to ask again.
    async fn refetch(
        &self,
        connection: &ConnectionId,
        jwks_uri: &str,
    ) -> Result<Option<Arc<ProviderKeySet>>, ConnectorError>;
}

/// Fetches and reads a JWK set (RFC 7517). Keys that cannot verify a signature of ours are left out; an empty set is
/// an error.
pub async fn fetch_keys(fetch: &dyn Fetch, jwks_uri: &str) -> Result<ProviderKeySet, ConnectorError> {
    usher_oidc_rp::fetch_keys(&Port(fetch), jwks_uri)
        .await
        .map_err(|fault| ConnectorError::from_oidc(fault, Vec::new()))
}
