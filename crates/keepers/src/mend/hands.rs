//! How much is mended at the same time: as much as the devices take while nobody else wants them, little while somebody
//! does, unless what is mended may be lost next.

use stripe::{Chunk, Store};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

/// Chunks mended at once; each takes some MiB of memory.
pub(super) const AT_ONCE_MAX: u32 = 32;
/// As long as bodies come or go, and one more for each three devices, but at most half of all.
const AT_ONCE_IN_DEMAND: u32 = 4;

#[derive(Debug)]
pub(super) struct Hands {
    free: Semaphore,
    /// Who is next: how many hands a chunk takes is reckoned when its turn comes.
    turn: Mutex<()>,
}

impl Default for Hands {
    fn default() -> Self {
        Self { free: Semaphore::new(AT_ONCE_MAX as usize), turn: Mutex::default() }
    }
}

impl Hands {
    /// To be held while the chunk is mended.
    pub async fn take(&self, store: &Store, chunk: &Chunk) -> Option<SemaphorePermit<'_>> {
        let _turn = self.turn.lock().await;
        // Never closed.
        self.free.acquire_many(share(store, chunk)).await.ok()
    }
}

fn share(store: &Store, chunk: &Chunk) -> u32 {
    if !store.is_in_demand() || store.bears_no_loss(chunk) {
        return 1;
    }
    let at_once = AT_ONCE_IN_DEMAND + store.devices().len() as u32 / 3;
    (AT_ONCE_MAX / at_once).max(2)
}
