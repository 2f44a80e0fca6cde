//! Turns in a device: how many calls may be in it at the same time, and how long one may take before the device counts
//! as hanging.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;
use world::Instant;
use world::thread::spawn_blocking;

#[derive(Debug)]
pub(crate) struct Turns {
    permits: Arc<Semaphore>,
    /// Calls that came back.
    answered: AtomicU64,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delay {
    /// The call is in the device, and has been for too long.
    Hangs,
    /// Its turn does not come: nobody else got an answer meanwhile.
    Busy,
    /// There are no more turns.
    Over,
    /// The call ended without an answer: the process ends, or the call panicked.
    Lost,
}

impl Turns {
    pub fn new(at_once_max: usize) -> Arc<Self> {
        Arc::new(Self { permits: Arc::new(Semaphore::new(at_once_max)), answered: AtomicU64::new(0) })
    }

    /// How many more calls may begin now.
    pub fn left(&self) -> usize {
        self.permits.available_permits()
    }

    /// Whoever waits for a turn is told that none will come.
    pub fn end(&self) {
        self.permits.close();
    }

    /// Makes a call that blocks, in a thread of its own. Waiting for the turn says nothing about the device as long as
    /// others get their answers; from the call's beginning on the device may take `patience`.
    pub async fn take<T: Send + 'static>(
        self: Arc<Self>,
        patience: Option<Duration>,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Delay> {
        let begun = Arc::new(OnceLock::new());
        let calling = self.clone().call(begun.clone(), call);
        let Some(patience) = patience else { return calling.await };
        let mut calling = pin!(calling);
        loop {
            let (answered, since) = (self.answered(), begun.get().map(Instant::elapsed));
            let left = patience.saturating_sub(since.unwrap_or_default());
            if let Ok(answer) = timeout(left, &mut calling).await {
                return answer;
            }
            if since.is_some() {
                return Err(Delay::Hangs);
            }
            if begun.get().is_none() && self.answered() == answered {
                return Err(Delay::Busy);
            }
        }
    }

    async fn call<T: Send + 'static>(
        self: Arc<Self>,
        begun: Arc<OnceLock<Instant>>,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Delay> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| Delay::Over)?;
        let answer = spawn_blocking(move || {
            begun.get_or_init(Instant::now);
            let answer = call();
            self.answered.fetch_add(1, Ordering::Relaxed);
            // The turn ends with the call, whether or not somebody still waits for it.
            drop(permit);
            answer
        });
        answer.await.map_err(|_| Delay::Lost)
    }

    fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}
