//! Rate limits in memory: a brake per address, before any work is done.
//!
//! What must survive a restart (lockouts per account) is counted durably by storage instead.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Password attempts one address may make at once, and then per minute.
const PASSWORDS_PER_MINUTE: u32 = 30;
/// Sign-ins one address may begin at once, and then per second.
const SIGN_INS_PER_SECOND: u32 = 200;
/// Sign-ins in progress that this installation holds at most.
const SIGN_INS_AT_MOST: i64 = 200_000;

/// The brakes.
pub struct Limits {
    passwords: DefaultKeyedRateLimiter<IpAddr>,
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
    full: AtomicBool,
}

/// IPv6 callers own whole networks: the /64 counts.
fn bucket(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & !u128::from(u64::MAX)).into()),
    }
}

impl Limits {
    /// Fresh brakes.
    pub fn new() -> Self {
        let per_minute = NonZeroU32::new(PASSWORDS_PER_MINUTE).unwrap_or(NonZeroU32::MIN);
        let per_second = NonZeroU32::new(SIGN_INS_PER_SECOND).unwrap_or(NonZeroU32::MIN);
        Self {
            passwords: RateLimiter::keyed(Quota::per_minute(per_minute)),
            sign_ins: RateLimiter::keyed(Quota::per_second(per_second)),
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

    /// Whether this address may begin a sign-in now.
    pub fn allows_sign_in(&self, address: Option<IpAddr>) -> bool {
        !self.full.load(Ordering::Relaxed) && address.is_none_or(|ip| self.sign_ins.check_key(&bucket(ip)).is_ok())
    }

    /// Forgets addresses that are no longer braked.
    pub fn shrink(&self) {
        self.passwords.retain_recent();
        self.sign_ins.retain_recent();
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
    fn an_ipv6_network_counts_as_one_address() {
        assert_eq!(bucket("2001:db8::1".parse().unwrap()), bucket("2001:db8::2".parse().unwrap()));
        assert_ne!(bucket("2001:db8::1".parse().unwrap()), bucket("2001:db8:0:1::1".parse().unwrap()));
    }
}
