//! Operations on objects and versions.

mod copy;
mod delete;
mod put;
mod read;
