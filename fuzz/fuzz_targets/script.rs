//! Entry point of the fuzzer; what is checked stands in `src/script.rs`. Memory must stay flat over all runs.
#![no_main]

use std::sync::atomic::{AtomicU64, Ordering};

static RUNS: AtomicU64 = AtomicU64::new(0);
static AT_FIRST: AtomicU64 = AtomicU64::new(0);
/// Runs before the first look, and between two.
const LOOK: u64 = 2_000;
/// Growth that the fuzzer's own corpus may cause, in pages of 4 KiB: 256 MiB.
const GROWTH: u64 = 65_536;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    usher_fuzz::script::check(input);
    if RUNS.fetch_add(1, Ordering::Relaxed) % LOOK == LOOK - 1
        && let Some(now) = resident()
    {
        let first = AT_FIRST.load(Ordering::Relaxed);
        if first == 0 {
            AT_FIRST.store(now, Ordering::Relaxed);
        } else {
            assert!(now < first + GROWTH, "memory grows: {first} pages, now {now}");
        }
    }
});

/// Resident pages of this process, where the system says.
fn resident() -> Option<u64> {
    std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}
