//! Outgoing HTTP and mail behind the ports: time-outs, size caps, no redirects, private-address guard.
//!
//! [`Outbound`] implements [`Fetch`](usher_connectors::Fetch) over one pooled client. The only place that may make an
//! HTTP client, speak SMTP ([`Smtp`]), read the system's clock ([`SystemClock`]) or its randomness ([`SystemEntropy`]).
//!
//! ```
//! use usher_outbound::AllowList;
//!
//! let allow = AllowList::parse(["10.0.0.0/8", "idp.intranet:8443"])?;
//! assert!(allow.permits_address("10.1.2.3".parse().unwrap()));
//! assert!(allow.permits_host("idp.intranet", 8443) && !allow.permits_host("idp.intranet", 22));
//! # Ok::<(), usher_outbound::InvalidEntry>(())
//! ```
#![deny(missing_docs)]

mod address;
mod allow;
mod breaker;
mod client;
mod guard;
mod resolver;
mod smtp;
mod system;

#[cfg(test)]
mod tests;

pub use allow::{AllowList, InvalidEntry};
pub use client::{Limits, Outbound, OutboundError, OutboundSettings};
pub use smtp::{Smtp, SmtpError};
pub use system::{SystemClock, SystemEntropy};
