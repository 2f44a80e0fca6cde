//! What a handler is: it takes an authorized operation, and nothing less.

use std::future::Future;

use api::{Body, S3Error};
use auth::{Authorized, Guarded};

/// One built operation. One that does not say what it needs (`Guarded`) has none: `tests/doors.rs` shows it.
pub trait Handle<O: Guarded> {
    /// `body` is the object's bytes on their way in (empty for operations without); the answer's body those on
    /// their way out.
    fn handle(
        &self,
        request: Authorized<O>,
        body: Body,
    ) -> impl Future<Output = Result<(O::Output, Option<Body>), S3Error>> + Send;
}
