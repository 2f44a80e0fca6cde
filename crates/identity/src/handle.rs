//! What a handler is: it takes an authorized operation, and nothing less.

use std::future::Future;

use api::S3Error;
use auth::{Authorized, Guarded};

/// One built operation. None of them has a body beside its input and output.
pub trait Handle<O: Guarded> {
    fn handle(&self, request: Authorized<O>) -> impl Future<Output = Result<O::Output, S3Error>> + Send;
}
