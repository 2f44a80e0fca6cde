//! Who makes a request, and whether they may.
//!
//! `Auth::authenticate` turns a claim (signature, presigned URL, form) into a `Caller`; `Auth::authorize` turns a
//! caller and an operation's input into `Authorized<Op>`, which nobody else can make. Handlers take nothing
//! less, so one that forgets to authorize does not compile. This crate knows nothing about HTTP bodies or rows
//! of objects.

mod accounts;
mod authn;
mod authz;
mod caller;
mod fault;
mod keys;
mod secrets;

pub use accounts::{AccountError, Accounts, Created, NewAccount};
pub use authn::{Auth, Authenticated, Credentials};
pub use authz::{Authorized, Bucket, Guarded, Target};
pub use caller::{Caller, Identity};
pub use fault::internal;
pub use secrets::seal_secret;
