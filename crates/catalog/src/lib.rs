//! catalog: not yet furnished.

pub mod table;
