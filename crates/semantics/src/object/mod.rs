//! Operations on objects, one file each.

mod acl;
pub(crate) mod annotation;
mod change;
pub(crate) mod copy;
mod delete;
mod delete_many;
mod get;
mod get_attributes;
mod legal_hold;
pub(crate) mod put;
mod rename;
mod retention;
pub(crate) mod source;
mod tagging;
mod torrent;
