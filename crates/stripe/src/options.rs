//! What an operator or a test may choose about the store.

use std::sync::Arc;
use std::time::Duration;

use world::Random;

#[derive(Clone, Debug)]
pub struct Options {
    /// Volumes written at the same time on each device.
    pub lanes: usize,
    pub volume_size_bytes_first: u64,
    pub volume_size_bytes_max: u64,
    /// Free space that puts leave alone. `None`: 1 % of the disk, at least 64 MiB and at most 1 GiB.
    pub reserve_bytes: Option<u64>,
    /// Sealed volumes whose files are kept open.
    pub files_open_max: usize,
    /// Memory for bodies on their way to a device: half for what is being written, half for chunks that fill.
    pub buffer_bytes_max: usize,
    /// How many devices may be lost at once, as long as there are more.
    pub parity: u8,
    /// A device that does not answer for so long is given up, where others can go on without it.
    pub patience: Duration,
    pub random: SharedRandom,
}

/// Where ids come from; the kernel unless a simulation says otherwise.
#[derive(Clone)]
pub struct SharedRandom(pub Arc<dyn Random>);

impl std::fmt::Debug for SharedRandom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedRandom")
    }
}

impl Default for Options {
    fn default() -> Self {
        let volume = volume::Options::default();
        Self {
            lanes: volume.lanes,
            volume_size_bytes_first: volume.volume_size_bytes_first,
            volume_size_bytes_max: volume.volume_size_bytes_max,
            reserve_bytes: volume.reserve_bytes,
            files_open_max: volume.files_open_max,
            buffer_bytes_max: 128 * 1024 * 1024,
            parity: 0,
            patience: Duration::from_secs(10),
            random: SharedRandom(volume.random),
        }
    }
}

impl Options {
    pub(crate) fn volume(&self) -> volume::Options {
        volume::Options {
            lanes: self.lanes,
            volume_size_bytes_first: self.volume_size_bytes_first,
            volume_size_bytes_max: self.volume_size_bytes_max,
            reserve_bytes: self.reserve_bytes,
            files_open_max: self.files_open_max,
            random: self.random.0.clone(),
            ..volume::Options::default()
        }
    }
}
