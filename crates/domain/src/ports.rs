//! Ports for what a pure function must not reach for itself: the time and chance.

use chrono::{DateTime, Utc};

/// The time of day. Only the broker holds one; pure functions take `now`.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> DateTime<Utc>;
}

/// Random bytes from a cryptographically secure source.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`. Never fails: a system without randomness must not run a sign-in.
    fn fill(&self, bytes: &mut [u8]);
}
