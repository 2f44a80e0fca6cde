//! When somebody last read or wrote a body.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use world::Instant;

/// Who reads or writes on comes back sooner.
const RECENT: Duration = Duration::from_millis(100);

pub(crate) struct Demand {
    born: Instant,
    /// Milliseconds after `born`, one more than that; 0: never.
    last_ms: AtomicU64,
}

impl Default for Demand {
    fn default() -> Self {
        Self { born: Instant::now(), last_ms: AtomicU64::new(0) }
    }
}

impl Demand {
    pub fn note(&self) {
        self.last_ms.store(self.now_ms() + 1, Ordering::Relaxed);
    }

    pub fn is_recent(&self) -> bool {
        match self.last_ms.load(Ordering::Relaxed) {
            0 => false,
            last => self.now_ms().saturating_sub(last) < RECENT.as_millis() as u64,
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
