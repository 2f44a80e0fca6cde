//! What a handler is: it takes an authorized operation, and nothing less.

use std::future::Future;

use api::{Body, Operation, S3Error};
use auth::Authorized;

/// One built operation.
pub trait Handle<O: Operation> {
    /// `body` is the object's bytes on their way in (empty for operations without); the answer's body those on
    /// their way out.
    fn handle(
        &self,
        request: Authorized<O>,
        body: Body,
    ) -> impl Future<Output = Result<(O::Output, Option<Body>), S3Error>> + Send;
}
