//! The two words that every connection listens for: finish, and stop.

use std::sync::Arc;

use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    Finishing,
    Cut,
}

#[derive(Clone)]
pub(super) struct Shutdown(Arc<watch::Sender<Stage>>);

/// A connection's ear.
pub(super) struct Ear(watch::Receiver<Stage>);

impl Shutdown {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::Serving)))
    }

    pub fn begin(&self) {
        self.0.send_replace(Stage::Finishing);
    }

    pub fn cut(&self) {
        self.0.send_replace(Stage::Cut);
    }

    pub fn ear(&self) -> Ear {
        Ear(self.0.subscribe())
    }
}

impl Ear {
    /// Returns when what is in flight shall be the last.
    pub async fn finishing(&mut self) {
        self.reached(Stage::Finishing).await;
    }

    /// Returns when nothing shall be waited for any more.
    pub async fn cut(&mut self) {
        self.reached(Stage::Cut).await;
    }

    async fn reached(&mut self, stage: Stage) {
        // An error says that the server itself is gone, which is the end as well.
        let _ = self.0.wait_for(|now| *now >= stage).await;
    }
}
