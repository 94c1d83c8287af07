//! Stops asking a destination that failed several times in a row, for a few seconds, so that sign-ins are refused at
//! once instead of after a time-out each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};

/// Failures in a row after which a destination is left alone.
const FAILURES: u32 = 5;
/// For how long.
const PAUSE: Duration = Duration::seconds(10);
/// Destinations remembered at most.
const MOST_DESTINATIONS: usize = 1024;

/// One breaker per destination (scheme, host and port).
#[derive(Debug, Default)]
pub struct Breakers {
    broken: Mutex<HashMap<String, Broken>>,
}

#[derive(Debug, Clone, Copy)]
struct Broken {
    failures: u32,
    last: DateTime<Utc>,
}

impl Breakers {
    /// Whether the destination may be asked. After the pause one request is let through as a trial.
    pub fn admits(&self, destination: &str, now: DateTime<Utc>) -> bool {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        match broken.get_mut(destination) {
            Some(state) if state.failures >= FAILURES => {
                // A clock that was set back must not keep the breaker open.
                let waited = now >= state.last + PAUSE || now < state.last;
                if waited {
                    state.last = now;
                }
                waited
            }
            _ => true,
        }
    }

    /// The destination answered.
    pub fn succeeded(&self, destination: &str) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).remove(destination);
    }

    /// The destination did not answer.
    pub fn failed(&self, destination: &str, now: DateTime<Utc>) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if broken.len() >= MOST_DESTINATIONS && !broken.contains_key(destination) {
            broken.retain(|_, state| now - state.last < PAUSE);
            if broken.len() >= MOST_DESTINATIONS {
                return;
            }
        }
        let state = broken.entry(destination.to_owned()).or_insert(Broken { failures: 0, last: now });
        state.failures = state.failures.saturating_add(1);
        state.last = now;
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};

    use super::{Breakers, FAILURES, MOST_DESTINATIONS, PAUSE};

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_closes_it() {
        let (breakers, now) = (Breakers::default(), start());
        for _ in 0..FAILURES {
            assert!(breakers.admits("a", now));
            breakers.failed("a", now);
        }
        assert!(!breakers.admits("a", now) && breakers.admits("b", now));
        let later = now + PAUSE;
        assert!(breakers.admits("a", later), "one trial");
        assert!(!breakers.admits("a", later), "and only one");
        breakers.succeeded("a");
        assert!(breakers.admits("a", later));
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let (breakers, now) = (Breakers::default(), start());
        for _ in 0..FAILURES * 2 {
            breakers.failed("a", now);
            breakers.succeeded("a");
        }
        assert!(breakers.admits("a", now));
    }

    #[test]
    fn a_clock_set_back_does_not_keep_it_open() {
        let (breakers, now) = (Breakers::default(), start());
        (0..FAILURES).for_each(|_| breakers.failed("a", now));
        assert!(breakers.admits("a", now - Duration::hours(1)));
    }

    #[test]
    fn dos_16_the_memory_is_bounded() {
        let (breakers, now) = (Breakers::default(), start());
        for number in 0..MOST_DESTINATIONS * 2 {
            breakers.failed(&number.to_string(), now);
        }
        assert!(breakers.broken.lock().unwrap().len() <= MOST_DESTINATIONS);
    }
}
