//! The simulated world: a disk with a live and a durable image, faults and seeds, and what is played on it.
//!
//! Nothing here ships. The rooms under test run unmodified; only their disk is not real.

mod dice;
pub mod disk;

pub use dice::Dice;
pub use disk::SimDisk;
