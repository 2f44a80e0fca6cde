//! The operations of IAM (users, groups, roles, policies, keys, identity providers and devices of an account) and of STS
//! (temporary credentials).
//!
//! Each operation takes an `Authorized` request, decides inside one commit against the truth and answers in AWS's words. All
//! rows of an account change in one group, so that what one operation checks no other can undermine. This crate
//! knows nothing about HTTP, and does not ask who may do what: `auth` did.

mod asker;
mod documents;
mod draft;
mod fault;
mod handle;
mod iam;
mod ids;
mod kinds;
mod limits;
mod managed;
mod page;
mod positions;
mod refuse;
mod registry;
mod rows;
mod shown;
mod sts;
mod tags;
mod totp;
mod words;

pub use handle::Handle;
pub use registry::Registry;
