//! Use cases: load, decide (pure), store.
