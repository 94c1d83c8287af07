//! The system's clock and randomness behind the ports of `domain`. Everybody else takes them as arguments.

use chrono::{DateTime, Utc};
use usher_domain::{Clock, Entropy};

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The system's source of randomness, through aws-lc-rs.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the source that everybody else is given")]
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // Without randomness no value of ours is unguessable; going on would be worse than stopping.
            tracing::error!("the system gives no random bytes");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use usher_domain::{Clock, Entropy};

    use super::{SystemClock, SystemEntropy};

    #[test]
    fn the_system_gives_time_and_chance() {
        assert!(SystemClock.now().timestamp() > 1_700_000_000);
        let (mut one, mut other) = ([0_u8; 32], [0_u8; 32]);
        SystemEntropy.fill(&mut one);
        SystemEntropy.fill(&mut other);
        assert_ne!(one, other);
        assert_ne!(one, [0; 32]);
    }
}
