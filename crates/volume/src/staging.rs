//! Aligned memory that batches pass through on their way around the page cache.
//!
//! A page of the cache costs more to get and to give back than a copy of its bytes, and what was just written is
//! seldom what is read next.

use std::fmt;

use world::BLOCK_BYTES;

use crate::fault::Fault;
use crate::volume::VolumeFile;

/// Written at once: large enough for the device.
const STAGING_BYTES: usize = 1024 * 1024;

pub(crate) struct Staging {
    memory: Vec<u8>,
    /// Where the first block begins in `memory`.
    start: usize,
    filled: usize,
}

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staging").field("filled", &self.filled).finish_non_exhaustive()
    }
}

impl Staging {
    pub fn new() -> Self {
        let memory = vec![0; STAGING_BYTES + BLOCK_BYTES];
        let start = memory.as_ptr().align_offset(BLOCK_BYTES);
        Self { memory, start, filled: 0 }
    }

    /// Writes the slices one after the other from `offset` on.
    pub fn write(&mut self, slices: &[&[u8]], file: &VolumeFile, mut offset: u64) -> Result<(), Fault> {
        self.filled = 0;
        for mut slice in slices.iter().copied() {
            while !slice.is_empty() {
                let (now, later) = slice.split_at(slice.len().min(STAGING_BYTES - self.filled));
                let at = self.start + self.filled;
                self.memory[at..at + now.len()].copy_from_slice(now);
                self.filled += now.len();
                slice = later;
                if self.filled == STAGING_BYTES {
                    offset += self.flush(file, offset)?;
                }
            }
        }
        self.flush(file, offset).map(|_| ())
    }

    fn flush(&mut self, file: &VolumeFile, offset: u64) -> Result<u64, Fault> {
        file.write_blocks(&self.memory[self.start..self.start + self.filled], offset)?;
        Ok(std::mem::take(&mut self.filled) as u64)
    }
}
