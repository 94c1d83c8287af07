//! Free loopback ports, handed out once each.
//!
//! They lie below the kernel's ephemeral range, so that no outgoing connection takes one between
//! the moment it is chosen and the moment the server binds it.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that nobody listens on and that no other test of this run will get.
pub fn free() -> u16 {
    // Two runs side by side begin far apart.
    let start = u16::try_from(u64::from(std::process::id()) * 977 % 20_000).expect("below 20000");
    for _ in 0..20_000 {
        let step = NEXT.fetch_add(1, Ordering::SeqCst);
        let port = 12_000 + (start + step % 20_000) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port between 12000 and 32000");
}
