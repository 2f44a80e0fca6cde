//! An operation that says what it needs has a handler: compiles

use api::{Body, Operation, S3Error, Service};
use auth::{Auth, Authorized, Caller, Guarded, Needs, NoObjects, Target};
use semantics::Handle;

pub struct Peek;

impl Operation for Peek {
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "Peek";
    type Family = api::family::S3;
    type Input = ();
    type Output = ();
}

impl Guarded for Peek {
    fn target(_: &()) -> Target<'_> {
        Target::Service
    }

    fn needs(_: &(), _: &mut Needs<'_>) {}
}

pub struct Hall;

impl Handle<Peek> for Hall {
    async fn handle(&self, _: Authorized<Peek>, _: Body) -> Result<((), Option<Body>), S3Error> {
        Ok(((), None))
    }
}

pub async fn walk(auth: &Auth, caller: &Caller) -> Result<(), S3Error> {
    let authorized = auth.authorize::<Peek>(caller, (), &NoObjects)?;
    Hall.handle(authorized, Body::empty()).await.map(|_| ())
}
