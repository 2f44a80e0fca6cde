//! Aligned memory that batches pass through on their way around the page cache.
//!
//! A page of the cache costs more to get and to give back than a copy of its bytes, and what was just written is
//! seldom what is read next.

use std::fmt;

use world::AlignedBytes;

use crate::fault::Fault;
use crate::volume::VolumeFile;

/// Written at once: large enough for the device.
const STAGING_BYTES: usize = 1024 * 1024;

pub(crate) struct Staging(AlignedBytes);

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staging").finish_non_exhaustive()
    }
}

impl Staging {
    pub fn new() -> Self {
        let mut memory = AlignedBytes::new();
        memory.resize(STAGING_BYTES, 0);
        Self(memory)
    }

    /// Writes the slices one after the other from `offset` on.
    pub fn write(&mut self, slices: &[&[u8]], file: &VolumeFile, mut offset: u64) -> Result<(), Fault> {
        let staged = &mut self.0[..];
        let mut filled = 0;
        for mut slice in slices.iter().copied() {
            while !slice.is_empty() {
                let (now, later) = slice.split_at(slice.len().min(STAGING_BYTES - filled));
                staged[filled..filled + now.len()].copy_from_slice(now);
                filled += now.len();
                slice = later;
                if filled == STAGING_BYTES {
                    file.write_blocks(staged, offset)?;
                    offset += filled as u64;
                    filled = 0;
                }
            }
        }
        file.write_blocks(&staged[..filled], offset)
    }
}
