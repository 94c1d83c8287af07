//! A sign-in as a pure state machine.
