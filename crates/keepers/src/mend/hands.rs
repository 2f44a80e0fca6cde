//! How much is mended at the same time: as much as the devices take while nobody else wants them, little while somebody
//! does.

use stripe::Store;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Chunks mended at once; each takes some MiB of memory.
pub(super) const AT_ONCE_MAX: u32 = 32;
/// As long as bodies come or go.
const AT_ONCE_IN_DEMAND: u32 = 4;

#[derive(Debug)]
pub(super) struct Hands(Semaphore);

impl Default for Hands {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE_MAX as usize))
    }
}

impl Hands {
    /// To be held while a chunk is mended.
    pub async fn take(&self, store: &Store) -> Option<SemaphorePermit<'_>> {
        let share = if store.is_in_demand() { AT_ONCE_MAX / AT_ONCE_IN_DEMAND } else { 1 };
        // Never closed.
        self.0.acquire_many(share).await.ok()
    }
}
