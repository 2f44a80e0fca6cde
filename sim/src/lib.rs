//! The simulated world: a disk with a live and a durable image, faults and seeds, and what is played on it.
//!
//! Nothing here ships. The rooms under test run unmodified; only their disk is not real.

mod dice;
pub mod disk;
pub mod invariants;
pub mod runner;
mod scenario;
pub mod scenarios;
pub mod site;
mod turns;

pub use dice::Dice;
pub use disk::SimDisk;
pub use scenario::{Scenario, Stop, alive};
