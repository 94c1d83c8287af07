//! Tests of the state machine: tables by rule, sessions, and a model that plays random orders of events.

mod builders;
mod identifier;
mod model;
mod proofs;
mod sessions;
mod table;
