//! Every operation's input, output and errors, as AWS's service models name them. No HTTP in here.
//!
//! `generated` is written by `cargo xtask codegen` from the service models; the rest is the small frame that
//! generated and hand-written code share.

mod arrival;
mod body;
mod error;
pub mod family;
mod generated;
mod operation;

pub use arrival::{Arrival, Service};
pub use body::{Body, ByteSource, EmptySource, OnceSource};
pub use error::{ErrorCode, S3Error};
pub use generated::{iam, s3, s3control, sts};
pub use operation::Operation;
