//! Who makes a request, and whether they may.
//!
//! `Auth::authenticate` turns a claim (signature, presigned URL, form) into a `Caller`; `Auth::authorize` turns a
//! caller and an operation's input into `Authorized<Op>`, which nobody else can make. Handlers take nothing
//! less, so one that forgets to authorize does not compile. This crate knows nothing about HTTP bodies or rows
//! of objects.

mod accounts;
mod authn;
mod authz;
mod aws_managed;
mod caller;
mod credential;
mod fault;
mod keys;
mod prove;
mod secrets;
mod session;
mod standing;
mod throttle;
mod uses;

pub use accounts::{AccountError, Accounts, Created, NewAccount};
pub use authn::{Auth, Authenticated, Credentials};
pub use authz::{
    Assumer, Authorized, Bucket, Facts, Guarded, Need, Needs, NoObjects, ObjectFacts, Objects, On, Role,
    Target, Veil, access_point_of_label,
};
pub use aws_managed::{AWS_MANAGED, AwsManaged, aws_managed};
pub use caller::{Caller, Identity, Kept, Named, Proof, Situation, Standing, Trail, Verdict, WebIdentity};
pub use fault::internal;
pub use prove::{CODE_STEP_S, code_at, open_seed, seal_seed};
pub use secrets::seal_secret;
pub use session::{Limits, PACKED_BYTES_MAX, Session, SessionOf, Temporary};
pub use standing::{managed, of_role};
