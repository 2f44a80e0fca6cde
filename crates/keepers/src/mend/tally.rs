//! What a pass has done so far, for who asks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use stripe::Chunk;

/// Counts of one pass over all rows that name bytes.
#[derive(Debug, Default)]
pub struct Tally {
    running: AtomicBool,
    chunks: AtomicU64,
    bytes: AtomicU64,
    stored_bytes: AtomicU64,
    chunks_mended: AtomicU64,
    bytes_mended: AtomicU64,
    chunks_lost: AtomicU64,
}

/// A `Tally` at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub running: bool,
    /// Looked at.
    pub chunks: u64,
    /// Of objects.
    pub bytes: u64,
    /// Of their shards, as the volumes count them.
    pub stored_bytes: u64,
    pub chunks_mended: u64,
    pub bytes_mended: u64,
    /// Beyond repair: too few of their shards are left, or the row that names them is damaged and counts as one.
    pub chunks_lost: u64,
}

impl Tally {
    pub(crate) fn begin(&self) {
        self.slots().iter().for_each(|slot| slot.store(0, Ordering::Relaxed));
        self.running.store(true, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.running.store(false, Ordering::Relaxed);
    }

    pub(crate) fn saw(&self, chunk: &Chunk) {
        self.chunks.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(u64::from(chunk.length), Ordering::Relaxed);
        self.stored_bytes.fetch_add(chunk.stored_bytes(), Ordering::Relaxed);
    }

    pub(crate) fn mended(&self, chunk: &Chunk) {
        self.chunks_mended.fetch_add(1, Ordering::Relaxed);
        self.bytes_mended.fetch_add(u64::from(chunk.length), Ordering::Relaxed);
        metrics::counter!("strongroom_repaired_bytes_total").increment(u64::from(chunk.length));
    }

    pub(crate) fn lost(&self) {
        self.chunks_lost.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("strongroom_chunks_lost_total").increment(1);
    }

    pub fn counted(&self) -> Counted {
        let [chunks, bytes, stored_bytes, chunks_mended, bytes_mended, chunks_lost] =
            self.slots().map(|slot| slot.load(Ordering::Relaxed));
        let running = self.running.load(Ordering::Relaxed);
        Counted { running, chunks, bytes, stored_bytes, chunks_mended, bytes_mended, chunks_lost }
    }

    const fn slots(&self) -> [&AtomicU64; 6] {
        [
            &self.chunks,
            &self.bytes,
            &self.stored_bytes,
            &self.chunks_mended,
            &self.bytes_mended,
            &self.chunks_lost,
        ]
    }
}
