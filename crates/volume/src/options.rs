//! What an operator or a test may choose about a device.

use std::fmt;
use std::sync::Arc;

use world::{OsRandom, Random, Space};

use crate::format::BLOCK_BYTES;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

#[derive(Clone)]
pub struct Options {
    /// Volumes that are written at the same time, each by one thread.
    pub lanes: usize,
    /// The first volume's size; each later one is twice as large.
    pub volume_size_bytes_first: u64,
    pub volume_size_bytes_max: u64,
    /// Free space that puts leave alone, so that deletes, the ledger and the catalog can go on. `None`: 1 % of the
    /// disk, at least 64 MiB and at most 1 GiB.
    pub reserve_bytes: Option<u64>,
    /// Sealed volumes whose files are kept open.
    pub files_open_max: usize,
    /// Bytes in one batch of a lane; a single record may be larger.
    pub batch_bytes_max: u64,
    /// It was not here while others went on, and may be an older image: what is named there is to be looked for, and no
    /// place that may be named is given again.
    pub was_away: bool,
    pub random: Arc<dyn Random>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lanes: 2,
            volume_size_bytes_first: 16 * MIB,
            volume_size_bytes_max: GIB,
            reserve_bytes: None,
            files_open_max: 512,
            batch_bytes_max: 16 * MIB,
            was_away: false,
            random: Arc::new(OsRandom),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("lanes", &self.lanes)
            .field("volume_size_bytes_first", &self.volume_size_bytes_first)
            .field("volume_size_bytes_max", &self.volume_size_bytes_max)
            .field("reserve_bytes", &self.reserve_bytes)
            .field("files_open_max", &self.files_open_max)
            .field("batch_bytes_max", &self.batch_bytes_max)
            .field("was_away", &self.was_away)
            .finish_non_exhaustive()
    }
}

impl Options {
    pub(crate) fn reserve(&self, space: Space) -> u64 {
        self.reserve_bytes.unwrap_or_else(|| (space.total_bytes / 100).clamp(64 * MIB, GIB))
    }

    /// The size of the next volume when `made` were made before, or `None` when the disk can't hold one more. A
    /// volume takes at most an eighth of what is free, until that falls below the first size.
    pub(crate) fn next_size(&self, made: u32, space: Space) -> Option<u64> {
        let free = space.available_bytes.saturating_sub(self.reserve(space));
        let first = self.volume_size_bytes_first.min(self.volume_size_bytes_max);
        let wanted = first.saturating_mul(1 << made.min(30)).min(self.volume_size_bytes_max);
        let size = wanted.min((free / 8).max(first)).min(free) / BLOCK_BYTES * BLOCK_BYTES;
        let smallest = first.min(4 * MIB);
        (size >= smallest).then_some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(available_bytes: u64) -> Space {
        Space { total_bytes: 100 * GIB, available_bytes }
    }

    #[test]
    fn volumes_double_up_to_the_largest_size() {
        let options = Options::default();
        let sizes: Vec<_> = (0..9).map(|made| options.next_size(made, space(90 * GIB))).collect();
        let expected = [16, 32, 64, 128, 256, 512, 1024, 1024, 1024].map(|mib| Some(mib * MIB));
        assert_eq!(sizes, expected);
    }

    #[test]
    fn a_volume_takes_at_most_an_eighth_of_the_free_space_and_never_the_reserve() {
        let options = Options { reserve_bytes: Some(MIB), ..Options::default() };
        assert_eq!(options.next_size(10, space(801 * MIB)), Some(100 * MIB));
        assert_eq!(options.next_size(10, space(41 * MIB)), Some(16 * MIB));
        assert_eq!(options.next_size(10, space(11 * MIB)), Some(10 * MIB));
        assert_eq!(options.next_size(10, space(4 * MIB)), None);
        assert_eq!(options.next_size(0, space(0)), None);
    }
}
