//! Resolves names and lets through only addresses that may be connected to.
//!
//! The client connects to exactly the addresses handed out here, so a name that answers public first and private later
//! (rebinding) gains nothing: every connect is judged by its own answer.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::AllowList;
use crate::address::is_public;
use crate::guard::Trust;

/// A name that resolves to nothing that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("the host has only private addresses, and they are not on the allow-list")]
pub struct OnlyPrivate;

/// The system's resolver behind the guard.
pub struct GuardedResolver {
    pub trust: Trust,
    pub allow: Arc<AllowList>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (trust, allow) = (self.trust, Arc::clone(&self.allow));
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted = permitted(found, trust, &allow)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// The addresses that may be connected to; an error when there is none.
pub fn permitted(found: Vec<SocketAddr>, trust: Trust, allow: &AllowList) -> Result<Vec<SocketAddr>, OnlyPrivate> {
    let may =
        |address: &SocketAddr| trust == Trust::Listed || is_public(address.ip()) || allow.permits_address(address.ip());
    let kept: Vec<_> = found.into_iter().filter(may).collect();
    if kept.is_empty() { Err(OnlyPrivate) } else { Ok(kept) }
}
