//! Peers that nobody here wrote: a certified provider, a certified client, and Apache.
//!
//! They run on real time and real ports; the npm packages are installed by `scripts/install-peers.sh`.

mod apache;
mod external_provider;
mod openid_client;
pub mod peer;
mod provisioning;
