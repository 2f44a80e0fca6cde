//! Operations on buckets.

mod create;
mod delete;
mod list;
mod read;
mod versioning;
