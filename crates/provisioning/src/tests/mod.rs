//! Tests: one row per rule of the truth tables, and properties that must hold for any input.

mod builders;
mod decisions;
mod groups;
mod guide;
mod linking;
mod mapping;
mod proofs;
mod properties;
mod syncing;
mod table;
mod takeover;
mod unique;
mod usernames;
