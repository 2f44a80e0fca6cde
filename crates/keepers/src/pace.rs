//! How fast background work may go over a device: changes while it does, and what was not used is lost.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Bytes a second, of each device.
#[derive(Debug)]
pub(crate) struct Pace(watch::Sender<u64>);

/// One device's.
pub(crate) struct Allowance {
    rate: watch::Receiver<u64>,
    /// When all that was read so far was allowed.
    due: Instant,
}

impl Pace {
    pub fn new(bytes_per_second: u64) -> Self {
        Self(watch::Sender::new(bytes_per_second))
    }

    pub fn set(&self, bytes_per_second: u64) {
        self.0.send_replace(bytes_per_second);
    }

    pub fn allowance(&self) -> Allowance {
        Allowance { rate: self.0.subscribe(), due: Instant::now() }
    }
}

impl Allowance {
    /// Waits until so many bytes may have been read.
    pub async fn spend(&mut self, bytes: u64) {
        let begun = Instant::now().max(self.due);
        loop {
            let rate = *self.rate.borrow_and_update();
            let wait = (rate > 0).then(|| Duration::from_secs_f64(bytes as f64 / rate as f64));
            // A year is as good as never.
            self.due = begun + wait.unwrap_or(Duration::MAX).min(Duration::from_secs(365 * 24 * 60 * 60));
            tokio::select! {
                () = tokio::time::sleep_until(self.due) => return,
                changed = self.rate.changed() => if changed.is_err() { return },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_take_their_time_and_a_new_rate_counts_at_once() {
        let pace = Pace::new(1000);
        let mut allowance = pace.allowance();
        let begun = Instant::now();
        for _ in 0..4 {
            allowance.spend(500).await;
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
        pace.set(0);
        let resume = async {
            tokio::time::sleep(Duration::from_secs(100)).await;
            pace.set(5000);
        };
        tokio::join!(allowance.spend(500), resume);
        assert_eq!(begun.elapsed().as_secs(), 102);
    }
}
