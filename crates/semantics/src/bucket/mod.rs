//! Operations on buckets.

mod create;
mod delete;
mod list;
mod object_lock;
mod read;
mod tagging;
mod versioning;
