//! The clock of the process; debug builds can be moved by a file, so that tests never sleep.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use usher_domain::Clock;
use usher_outbound::SystemClock;

/// The clock to use.
pub fn clock() -> Arc<dyn Clock> {
    #[cfg(debug_assertions)]
    if let Some(path) = std::env::var_os("USHER_TEST_CLOCK_FILE") {
        return Arc::new(MovedClock { path: PathBuf::from(path) });
    }
    Arc::new(SystemClock)
}

/// System time plus the seconds that stand in a file.
#[cfg(debug_assertions)]
struct MovedClock {
    path: PathBuf,
}

#[cfg(debug_assertions)]
impl Clock for MovedClock {
    fn now(&self) -> DateTime<Utc> {
        let offset = std::fs::read_to_string(&self.path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        SystemClock.now() + chrono::Duration::seconds(offset)
    }
}
