//! The time of a test: the machine's time plus an offset that the test moves.
//!
//! Usher reads the offset from a file (a debug build with `USHER_TEST_CLOCK_FILE`), scripted
//! providers hold the same kind of clock, so nobody ever sleeps to let a code expire.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A movable clock, in whole seconds.
#[derive(Clone, Default)]
pub struct Clock {
    offset: Arc<AtomicI64>,
    file: Option<PathBuf>,
}

impl Clock {
    /// A clock whose offset is also written to `file` for another process.
    pub fn shared_through(file: PathBuf) -> Self {
        let clock = Self { offset: Arc::default(), file: Some(file) };
        clock.advance(0);
        clock
    }

    /// Seconds since 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the clock of the tests")]
    pub fn now(&self) -> i64 {
        chrono::Utc::now().timestamp() + self.offset.load(Ordering::SeqCst)
    }

    /// Moves the clock; negative values move it back.
    pub fn advance(&self, seconds: i64) {
        let offset = self.offset.fetch_add(seconds, Ordering::SeqCst) + seconds;
        if let Some(file) = &self.file {
            let next = file.with_extension("next");
            std::fs::write(&next, offset.to_string()).expect("the clock file is writable");
            std::fs::rename(&next, file).expect("the clock file is replaceable");
        }
    }
}
