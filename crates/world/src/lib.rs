//! The outside as parameters: clock, randomness, disk, and whose turn it is. Real ones here, simulated ones in `sim`.
//!
//! Everything that can surprise the house comes through these traits, so that a run can be replayed from a
//! seed. Nothing here knows what the bytes on a disk mean.

mod aligned;
pub mod channel;
mod clock;
mod disk;
mod random;
mod real_disk;
pub mod thread;
mod turns;
mod waiting;

pub use aligned::AlignedBytes;
pub use clock::{Clock, ManualClock, SystemClock};
pub use disk::{BLOCK_BYTES, Disk, DiskFile, Space};
pub use random::{OsRandom, Random, SeededRandom};
pub use real_disk::{DeviceLock, RealDisk};
pub use turns::{Turns, take_turns, turns};
pub use waiting::{Condvar, Instant};
