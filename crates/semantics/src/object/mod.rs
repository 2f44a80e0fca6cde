//! Operations on objects, one file each.

pub(crate) mod copy;
mod delete;
mod delete_many;
mod get;
pub(crate) mod put;
pub(crate) mod source;
