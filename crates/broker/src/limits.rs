//! Rate limits in memory: a brake per address, before any work is done.
//!
//! What must survive a restart (lockouts per account) is counted durably by storage instead.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Password attempts one address may make at once, and then per minute.
const PASSWORDS_PER_MINUTE: u32 = 30;
/// Sign-ins one address may begin per second, and at once (a whole office may arrive behind one address).
const SIGN_INS_PER_SECOND: u32 = 20;
const SIGN_INS_AT_ONCE: u32 = 300;
/// Refusals one address may have written to the audit at once, and then per minute; what comes on top is only logged,
/// so that garbage from one place cannot fill the disk.
const RECORDED_PER_MINUTE: u32 = 300;
/// Sign-ins in progress that this installation holds at most.
const SIGN_INS_AT_MOST: i64 = 100_000;

/// The brakes.
pub struct Limits {
    passwords: DefaultKeyedRateLimiter<IpAddr>,
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
    recorded: DefaultKeyedRateLimiter<IpAddr>,
    full: AtomicBool,
}

/// IPv6 callers own whole networks: the /64 counts.
pub fn bucket(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & !u128::from(u64::MAX)).into()),
    }
}

impl Limits {
    /// Fresh brakes.
    pub fn new() -> Self {
        let some = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            passwords: RateLimiter::keyed(Quota::per_minute(some(PASSWORDS_PER_MINUTE))),
            sign_ins: RateLimiter::keyed(
                Quota::per_second(some(SIGN_INS_PER_SECOND)).allow_burst(some(SIGN_INS_AT_ONCE)),
            ),
            recorded: RateLimiter::keyed(Quota::per_minute(some(RECORDED_PER_MINUTE))),
            full: AtomicBool::new(false),
        }
    }

    /// Whether this address may try a password now.
    pub fn allows_password(&self, address: Option<IpAddr>) -> bool {
        address.is_none_or(|ip| self.passwords.check_key(&bucket(ip)).is_ok())
    }

    /// Notes how many sign-ins are in progress; counted beside the requests, never on their path (DOS-11).
    pub fn note_sign_ins(&self, in_progress: i64) {
        self.full.store(in_progress >= SIGN_INS_AT_MOST, Ordering::Relaxed);
    }

    /// How many sign-ins must go when so many are in progress: those that nobody went on with, oldest first, before
    /// anybody is turned away.
    pub fn surplus(in_progress: i64) -> i64 {
        if in_progress > SIGN_INS_AT_MOST / 10 * 8 { in_progress - SIGN_INS_AT_MOST / 10 * 6 } else { 0 }
    }

    /// Whether this address may begin a sign-in now. The machine itself is not braked: that is where a test or a load
    /// harness runs, and a proxy on it should be a trusted one.
    pub fn allows_sign_in(&self, address: Option<IpAddr>) -> bool {
        !self.full.load(Ordering::Relaxed)
            && address.is_none_or(|ip| ip.is_loopback() || self.sign_ins.check_key(&bucket(ip)).is_ok())
    }

    /// Whether a refusal of this address is written down; the log has it in any case.
    pub fn records(&self, address: Option<IpAddr>) -> bool {
        address.is_none_or(|ip| self.recorded.check_key(&bucket(ip)).is_ok())
    }

    /// Forgets addresses that are no longer braked.
    pub fn shrink(&self) {
        self.passwords.retain_recent();
        self.sign_ins.retain_recent();
        self.recorded.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_braked_alone() {
        let limits = Limits::new();
        let one = Some("203.0.113.1".parse().unwrap());
        let other = Some("203.0.113.2".parse().unwrap());
        assert!((0..PASSWORDS_PER_MINUTE).all(|_| limits.allows_password(one)));
        assert!(!limits.allows_password(one));
        assert!(limits.allows_password(other));
    }

    #[test]
    fn dos_11_untouched_sign_ins_go_before_anybody_is_turned_away() {
        assert_eq!(Limits::surplus(SIGN_INS_AT_MOST / 2), 0);
        assert!(Limits::surplus(SIGN_INS_AT_MOST - 1) > 0);
        let limits = Limits::new();
        limits.note_sign_ins(SIGN_INS_AT_MOST);
        assert!(!limits.allows_sign_in(Some("203.0.113.1".parse().unwrap())));
        limits.note_sign_ins(SIGN_INS_AT_MOST / 2);
        assert!(limits.allows_sign_in(Some("203.0.113.1".parse().unwrap())));
    }

    #[test]
    fn refusals_of_one_address_stop_being_written_down() {
        let limits = Limits::new();
        let one = Some("203.0.113.1".parse().unwrap());
        assert!((0..RECORDED_PER_MINUTE).all(|_| limits.records(one)));
        assert!(!limits.records(one));
        assert!(limits.records(Some("203.0.113.2".parse().unwrap())));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        assert_eq!(bucket("2001:db8::1".parse().unwrap()), bucket("2001:db8::2".parse().unwrap()));
        assert_ne!(bucket("2001:db8::1".parse().unwrap()), bucket("2001:db8:0:1::1".parse().unwrap()));
    }
}
