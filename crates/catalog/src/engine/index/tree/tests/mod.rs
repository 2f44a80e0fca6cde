//! What the tree must hold: a map's answers, and `Corrupt` where it can no longer give them.

mod damage;
mod model;
pub mod ram;
mod room;
