//! What this machine can do without a server: the right-hand side of every ratio.

pub mod disk;
pub mod hashes;
