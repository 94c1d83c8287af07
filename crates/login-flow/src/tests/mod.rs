//! Tests of the state machine: tables by rule, sessions, and a model that plays random orders of events.

mod builders;
mod factors;
mod identifier;
mod model;
mod passkeys;
mod proofs;
mod remembered;
mod replay;
mod scripts;
mod sessions;
mod table;
