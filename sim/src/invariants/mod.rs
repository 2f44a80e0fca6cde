//! What must hold after every crash, one file each. They know what clients were told, and nothing of how it is kept.

mod chunks;
pub mod listing;
mod ordinals;
pub mod redundancy;
pub mod register;
mod rows;

pub use chunks::{Chunks, Fate, owner, payload, payload_of_owner};
pub use ordinals::Ordinals;
pub use rows::{Change, Rows};
