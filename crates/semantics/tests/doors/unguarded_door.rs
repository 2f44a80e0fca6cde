//! An operation that does not say what it needs, before the one door: E0277

use api::{Operation, S3Error, Service};
use auth::{Auth, Caller, NoObjects};

pub struct Peek;

impl Operation for Peek {
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "Peek";
    type Family = api::family::S3;
    type Input = ();
    type Output = ();
}

pub fn walk(auth: &Auth, caller: &Caller) -> Result<(), S3Error> {
    auth.authorize::<Peek>(caller, (), &NoObjects).map(|_| ())
}
