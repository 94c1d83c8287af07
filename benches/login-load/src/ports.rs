//! Free loopback ports, below the range from which the kernel takes ports of outgoing connections: those of the people
//! must not take the one that a broker is about to bind.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::fault::Fault;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that nobody listens on.
pub fn free() -> Result<u16, Fault> {
    let start = u16::try_from(u64::from(std::process::id()) * 977 % 20_000).unwrap_or_default();
    let ports = (0..20_000).map(|_| 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed) % 20_000) % 20_000);
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().ok_or_else(|| Fault::told("no free port between 12000 and 32000"))
}
