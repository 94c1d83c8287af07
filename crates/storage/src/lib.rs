//! The only SQL: rows to domain types and back, transactions, migrations, sealing of secrets at rest.
//!
//! Each noun is a module of functions that take a [`Tx`]; the caller owns the transaction, as a job handed to a
//! [`Store`]. Constraints and conditional statements do the work: a lost race is an answer, not an error. One SQL
//! text serves SQLite and PostgreSQL. What a sealed blob holds is the broker's matter.
//!
//! ```no_run
//! use usher_storage::{MasterKey, StorageError, Store, StoreOptions, users};
//! # async fn example(key: MasterKey, now: chrono::DateTime<chrono::Utc>) -> Result<(), StorageError> {
//! let options = StoreOptions::new("sqlite:data/usher.db", key);
//! Store::migrate(&options, now).await?;
//! let store = Store::open(&options).await?;
//! let count: i64 = store.read(|tx| Box::pin(users::count(tx))).await?;
//! # let _ = count; Ok(())
//! # }
//! ```
#![deny(missing_docs)]

pub mod account_steps;
pub mod applications;
pub mod attempts;
pub mod attribute_definitions;
pub mod audit;
pub mod bypass_codes;
pub mod config;
pub mod connections;
pub mod credentials;
mod db;
pub mod decisions;
mod error;
pub mod factors;
pub mod flow_recordings;
pub mod flow_versions;
pub mod flows;
pub mod grants;
pub mod groups;
mod key_check;
pub mod links;
pub mod memberships;
pub mod outbox;
pub mod own_sign_ins;
pub mod passkeys;
pub mod pending;
pub mod purge;
pub mod recordings;
pub mod recovery_codes;
pub mod refresh_tokens;
pub mod roles;
pub mod script_libraries;
pub mod script_secrets;
mod seal;
pub mod session_rows;
pub mod sessions;
pub mod settings;
pub mod setup_tokens;
pub mod signing_keys;
mod statements;
#[cfg(test)]
mod suite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod text;
pub mod totp;
pub mod traces;
pub mod trusted_devices;
pub mod unique_values;
mod user_emails;
pub mod users;

pub use db::{Counts, Row, Store, StoreOptions, Tx, Value};
pub use error::{Cause, StorageError};
pub use seal::{MasterKey, Purpose, SealError, Sealed, Sealer};
pub use session_rows::SessionRows;
pub use text::{Hash, hash, hex};
