//! Just-in-time provisioning: who a proved external identity is here, and what is written about them.
//!
//! Everything is pure and explained. [`map`] turns claims into local attributes, [`decide`] names the
//! outcome and every reason for it, [`sync`] applies a connection's synchronisation method. Nothing is
//! read or written here: the broker brings the facts, and decides again from fresh ones inside the
//! transaction that writes.
//!
//! ```
//! use chrono::{TimeZone, Utc};
//! use usher_domain::{ConnectionId, ExternalIdentity, ExternalKey, ProvisioningSettings};
//! use usher_provisioning::{Facts, Outcome, Presented, decide, map};
//!
//! let identity = ExternalIdentity {
//!     key: ExternalKey {
//!         connection: ConnectionId::parse("acme")?,
//!         issuer: "https://id.acme.test".to_owned(),
//!         subject: "42".to_owned(),
//!     },
//!     claims: serde_json::from_str(r#"{"given_name": "Ann", "email": "ann@acme.test"}"#)?,
//!     email_verified: true,
//!     auth_time: None,
//!     acr: None,
//!     amr: Vec::new(),
//! };
//! let mapped = map(&identity, &[]);
//! let presented = Presented { identity: &identity, mapped: &mapped };
//! let now = Utc.timestamp_opt(1_800_000_000, 0).single().ok_or("no such time")?;
//! let facts = Facts::new("p_1".to_owned(), "7f3k92qx".to_owned(), now);
//!
//! let decision = decide(&presented, &ProvisioningSettings::default(), &facts);
//! let Outcome::Create(user) = decision.outcome else { return Err("no account".into()) };
//! assert_eq!(user.username_candidates[0].as_str(), "ann");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]

mod claims;
mod decide;
mod explanation;
mod facts;
pub mod groups;
mod linking;
mod mapping;
mod outcome;
mod protected;
mod sync;
pub mod takeover;
mod unique;
mod username;

#[cfg(test)]
mod tests;

pub use claims::{claims_of, pass_through_claims};
pub use decide::decide;
pub use explanation::{Explanation, Found, Reason, mask};
pub use facts::{Candidate, Facts, LocalAccount, Presented};
pub use linking::{Lookup, LookupFor, MatchRefusal, lookups, rules_of};
pub use mapping::{MappedAttributes, MappingNote, MappingProblem, Received, claim_at, map};
pub use outcome::{AccountUpdate, Decision, Outcome, OutcomeKind, ProofReason};
pub use protected::is_protected;
pub use sync::{AttributeChange, ChangeKind, KeptBecause, KeptNote, SyncRules, Synced, sync};
pub use unique::{received_unique, unique_values};
pub use username::username_candidates;
