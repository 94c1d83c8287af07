//! The clock over one run: processor time of the thread, and a wider bound on time that passes.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Limits;

/// Shared with the engine's interrupt handler.
pub(super) struct Watch {
    began: Instant,
    cpu_began: Duration,
    cpu: Duration,
    wall: Duration,
    late: Cell<bool>,
    halted: Cell<bool>,
}

fn processor_time() -> Duration {
    let at = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(at.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(at.tv_nsec).unwrap_or_default())
}

impl Watch {
    pub(super) fn start(limits: &Limits) -> Self {
        Self {
            began: Instant::now(),
            cpu_began: processor_time(),
            cpu: Duration::from_millis(limits.cpu_ms),
            wall: Duration::from_millis(limits.wall_ms),
            late: Cell::new(false),
            halted: Cell::new(false),
        }
    }

    fn used(&self) -> Duration {
        processor_time().saturating_sub(self.cpu_began)
    }

    /// Processor time used, in milliseconds.
    pub(super) fn cpu_ms(&self) -> u64 {
        u64::try_from(self.used().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether the time is up. Stays true.
    pub(super) fn is_late(&self) -> bool {
        if !self.late.get() && (self.used() > self.cpu || self.began.elapsed() > self.wall) {
            self.late.set(true);
        }
        self.late.get()
    }

    /// The run is decided: no further instruction of the script counts.
    pub(super) fn halt(&self) {
        self.halted.set(true);
    }

    /// Whether the engine must stop now. A script cannot catch this.
    pub(super) fn must_stop(&self) -> bool {
        self.halted.get() || self.is_late()
    }
}
