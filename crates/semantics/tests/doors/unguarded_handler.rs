//! A handler of an operation that does not say what it needs: E0277

use api::{Body, Operation, S3Error, Service};
use auth::Authorized;
use semantics::Handle;

pub struct Peek;

impl Operation for Peek {
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "Peek";
    type Family = api::family::S3;
    type Input = ();
    type Output = ();
}

pub struct Hall;

impl Handle<Peek> for Hall {
    async fn handle(&self, _: Authorized<Peek>, _: Body) -> Result<((), Option<Body>), S3Error> {
        Ok(((), None))
    }
}
