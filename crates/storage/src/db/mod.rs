//! The two databases behind one face: a store, jobs, and one text per statement.
//!
//! Nothing outside this folder knows which database answers. SQLite has one writer with group commit and a few
//! readers; PostgreSQL runs each job in a transaction of its own. Texts use `$1`, `ON CONFLICT`, `RETURNING`,
//! 64-bit integers, text and bytes, and nothing else.

mod dialect;
mod ephemeral;
mod job;
mod migrations;
mod options;
mod postgres;
mod row;
mod sqlite;
mod store;
mod tally;
mod tx;
mod value;
mod writer;

pub use options::StoreOptions;
pub use row::Row;
pub use store::Store;
pub use tally::Counts;
pub use tx::Tx;
pub use value::Value;
#[cfg(test)]
pub(crate) use value::placeholders;
pub(crate) use value::values;
