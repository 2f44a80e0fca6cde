//! The engine's threads: lanes that append, a supplier that keeps the next volume ready, a housekeeper that seals
//! and deletes. All decisions about bytes are the set's.

mod device;
mod housekeeper;
mod lane;
mod supply;

pub use device::{Device, Done};
pub use housekeeper::Landed;
