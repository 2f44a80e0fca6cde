//! Operations on buckets.

mod abac;
mod acl;
mod change;
mod cors;
mod create;
mod delete;
mod list;
mod object_lock;
mod ownership;
mod policy;
mod public_access;
mod read;
mod request_payment;
mod tagging;
mod versioning;

pub(crate) use cors::Shared;
pub use cors::Sharing;
pub(crate) use policy::check as policy_check;
pub(crate) use public_access::read_block;
