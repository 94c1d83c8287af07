//! Use cases of Usher: load, decide (pure), store. One file per use case.
//!
//! The only crate that knows all of the others; it holds the clock, the source of chance and the
//! configuration snapshot. It renders nothing and opens no socket: the web front calls it with what
//! a browser or an application sent, and shows what it answers.

pub mod account;
pub mod accounts;
mod answer;
mod audit;
pub mod authorize;
pub mod bootstrap;
mod broker;
pub mod console;
mod failure;
mod flow_state;
mod grant;
pub mod helpdesk;
pub mod invitations;
mod jwks_cache;
pub mod keys;
mod limits;
pub mod login;
pub mod logout;
pub mod mail;
pub mod maintenance;
pub mod password_reset;
pub mod passwords;
pub mod replay;
pub mod security;
pub mod setup;
pub mod simulate;
mod snapshot;
pub mod token;
mod tracing_events;
pub mod userinfo;
mod visitor;

pub use answer::{AnswerToApplication, Beside, NewSession, RememberedDevice, ScriptCookie, ScriptSameSite};
pub use broker::{Broker, BrokerParts, SESSION_LIFE, Settings};
pub use failure::{Failure, Fault, Refusal};
pub use snapshot::{ConfiguredConnection, PublishedFlow, Snapshot};
pub use tracing_events::chain;
pub use usher_provisioning::mask;
pub use visitor::{LiveSession, Visitor};
