//! Whether somebody reads or writes a body, or did just now.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use world::Instant;

/// Who reads or writes on comes back sooner.
const RECENT: Duration = Duration::from_millis(100);

pub(crate) struct Demand {
    born: Instant,
    under_way: AtomicU64,
    /// When the last one ended: milliseconds after `born`, and one more; 0: never.
    ended_ms: AtomicU64,
}

/// As long as this is held.
pub(crate) struct Wanted<'a>(&'a Demand);

impl Default for Demand {
    fn default() -> Self {
        Self { born: Instant::now(), under_way: AtomicU64::new(0), ended_ms: AtomicU64::new(0) }
    }
}

impl Demand {
    pub fn begin(&self) -> Wanted<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        Wanted(self)
    }

    pub fn is_recent(&self) -> bool {
        let since_ended = || match self.ended_ms.load(Ordering::Relaxed) {
            0 => u64::MAX,
            ended => self.now_ms().saturating_sub(ended),
        };
        self.under_way.load(Ordering::Relaxed) > 0 || since_ended() < RECENT.as_millis() as u64
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.ended_ms.store(self.0.now_ms() + 1, Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_counts_all_the_time_and_a_moment_longer() {
        let demand = Demand::default();
        assert!(!demand.is_recent());
        let (first, second) = (demand.begin(), demand.begin());
        drop(first);
        demand.ended_ms.store(0, Ordering::Relaxed);
        assert!(demand.is_recent(), "one still waits");
        drop(second);
        assert!(demand.is_recent(), "just now");
        demand.ended_ms.store(0, Ordering::Relaxed);
        assert!(!demand.is_recent());
    }
}
