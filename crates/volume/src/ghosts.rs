//! Which large records were read lately: what is read a second time is worth its place in the page cache.
//!
//! Most large bodies that are read once are not read again soon, and each that goes through the page cache costs a copy and
//! pushes something out. So the first read goes around it, as the queues of 2Q (Johnson and Shasha, VLDB 1994) do with
//! pages, and remembers no more than that it was there.

use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use crate::record::Extent;

/// Of shards of 256 KiB they remember the last 8 GiB or so.
const PLACES: usize = 32 * 1024;

/// Fingerprints; a newer one replaces the older in its place.
pub(crate) struct Ghosts(Box<[AtomicU64]>);

impl Default for Ghosts {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Ghosts {
    /// Whether it was read before, as far as is remembered.
    pub fn know(&self, extent: &Extent) -> bool {
        let (slot, fingerprint) = self.find(extent);
        slot.load(Ordering::Relaxed) == fingerprint
    }

    /// As `know`; from now on it was.
    pub fn meet(&self, extent: &Extent) -> bool {
        let (slot, fingerprint) = self.find(extent);
        slot.swap(fingerprint, Ordering::Relaxed) == fingerprint
    }

    fn find(&self, extent: &Extent) -> (&AtomicU64, u64) {
        let mut place = [0; 12];
        place[..4].copy_from_slice(&extent.volume.to_le_bytes());
        place[4..].copy_from_slice(&extent.offset.to_le_bytes());
        let fingerprint = xxh3_64(&place).max(1);
        (&self.0[fingerprint as usize % PLACES], fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_met_once_until_too_many_others_came() {
        let ghosts = Ghosts::default();
        let at = |offset| Extent { volume: 1, offset, length: 1 };
        assert!(!ghosts.know(&at(0)) && !ghosts.meet(&at(0)));
        assert!(ghosts.know(&at(0)) && ghosts.meet(&at(0)));
        assert!((1..100).all(|block| !ghosts.meet(&at(block * 4096))));
        assert!(ghosts.meet(&at(4096)));
        for offset in 0..20 * PLACES as u64 {
            ghosts.meet(&Extent { volume: 2, offset, length: 1 });
        }
        assert!(!ghosts.meet(&at(0)));
    }
}
