//! The outside as parameters: clock, randomness, disk. Real ones here, simulated ones in `sim`.
//!
//! Everything that can surprise the house comes through these traits, so that a run can be replayed from a
//! seed. Nothing here knows what the bytes on a disk mean.

mod aligned;
mod clock;
mod disk;
mod random;
mod real_disk;

pub use aligned::AlignedBytes;
pub use clock::{Clock, ManualClock, SystemClock};
pub use disk::{BLOCK_BYTES, Disk, DiskFile, Space};
pub use random::{OsRandom, Random, SeededRandom};
pub use real_disk::{DeviceLock, RealDisk};
