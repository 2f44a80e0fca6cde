//! Listings of objects and versions.

mod encoding;
pub(crate) mod objects;
mod versions;
pub(crate) mod walk;

pub(crate) use encoding::Encoding;
