//! Tests: one row per rule of the truth tables, and properties that must hold for any input.

mod builders;
mod decisions;
mod linking;
mod mapping;
mod properties;
mod syncing;
mod usernames;
