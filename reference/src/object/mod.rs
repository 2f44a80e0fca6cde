//! Operations on objects and versions.

mod copy;
mod delete;
mod get_attributes;
mod put;
mod read;
