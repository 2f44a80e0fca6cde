//! The front door: accepts connections, bounds them, serves them, and lets them finish.
//!
//! It knows nothing about S3: each request goes to `Front`, which answers it.

mod accept;
mod alarm;
mod connection;
mod listener;
mod options;
mod peer;
mod pulse;
mod shutdown;
mod timed_io;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::dispatch::{Extra, Front, House};
use crate::observe::Watchers;

pub use listener::Listener;
pub use options::{Limits, ServerOptions, Timeouts};
pub(crate) use peer::Peer;
pub use peer::TlsFacts;
pub(crate) use pulse::Pulse;
use shutdown::Shutdown;
pub use tls::{Tls, TlsError, TlsFiles};

/// A running server over any number of listeners. Clones are the same server.
pub struct Server<H> {
    front: Arc<Front<H>>,
    permits: Arc<Semaphore>,
    shutdown: Shutdown,
}

impl<H> Clone for Server<H> {
    fn clone(&self) -> Self {
        Self {
            front: Arc::clone(&self.front),
            permits: Arc::clone(&self.permits),
            shutdown: self.shutdown.clone(),
        }
    }
}

impl<H: House> Server<H> {
    /// `seed` makes the request ids of this run differ from those of others.
    pub fn new(
        house: Arc<H>,
        extra: Arc<dyn Extra>,
        watchers: Watchers,
        options: ServerOptions,
        seed: u128,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(options.limits.connections_max));
        let front = Arc::new(Front::new(house, extra, watchers, options, seed));
        Self { front, permits, shutdown: Shutdown::new() }
    }

    /// Accepts on `listener` until `drain`; may be called for several listeners at once.
    pub async fn serve(&self, listener: Listener) {
        accept::accept(self.clone(), listener).await;
    }

    /// Stops accepting, lets requests in flight finish and idle connections close. Answers true if all
    /// did so within `deadline`; the rest is cut off.
    pub async fn drain(&self, deadline: Duration) -> bool {
        self.shutdown.begin();
        let all = self.front.options.limits.connections_max;
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        let finished = tokio::time::timeout(deadline, self.permits.acquire_many(all)).await.is_ok();
        self.shutdown.cut();
        finished
    }
}
