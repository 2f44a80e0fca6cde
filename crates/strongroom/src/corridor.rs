//! The walk of every request, on one screen.
//!
//! ```text
//! socket → wire: understands the request, finds its operation
//!        → auth.authenticate: Claim → Caller                      (before a byte of the body)
//!        → wire: decodes the operation's input
//!        → auth.prove: what the input shows of the caller       (one-time codes, tokens of identity providers)
//!        → auth.authorize: Caller × Input → Authorized<Op>        (the only way to one)
//!        → semantics: Handle<Op> takes Authorized<Op>: admit → land → commit     (S3 and S3 Control)
//!        → or identity: Handle<Op> takes Authorized<Op>: decide → commit         (IAM)
//!        → wire: encodes the output, streams the answer's body
//! ```

use std::ops::RangeInclusive;
use std::sync::Arc;

use api::{Arrival, Body, S3Error, family};
use auth::{Auth, Authorized, Caller, Guarded};
use identity::Registry;
use semantics::{Hall, Sharing};
use sigv4::RequestView;
use sigv4::post_policy::Form;
use wire::{Authenticated, CrossOrigin, Door, FormAdmission, FormView, Shared};
use world::Clock;

/// The house behind the front door.
pub struct Corridor {
    pub auth: Auth,
    pub hall: Hall,
    pub registry: Registry,
    pub clock: Arc<dyn Clock>,
}

impl Door for Corridor {
    type Caller = Caller;

    async fn authenticate(
        &self,
        view: &RequestView<'_>,
        host_bucket: Option<&str>,
        arrival: &Arrival,
    ) -> Result<Authenticated<Caller>, S3Error> {
        let auth::Authenticated { caller, payload } =
            self.auth.authenticate(view, host_bucket, arrival, self.clock.now())?;
        let access_key = caller.identity().map(|identity| identity.access_key.clone());
        Ok(Authenticated { caller, access_key, payload })
    }

    async fn authenticate_form(
        &self,
        form: &FormView<'_>,
        arrival: &Arrival,
    ) -> Result<FormAdmission<Caller>, S3Error> {
        let signed = Form { bucket: form.bucket, key: form.key, fields: form.fields };
        let head = RequestView { method: "POST", path: "/", query: "", headers: form.headers };
        let (caller, length) = self.auth.authenticate_form(&signed, &head, arrival, self.clock.now())?;
        let access_key = caller.identity().map(|identity| identity.access_key.clone());
        let length: RangeInclusive<u64> =
            length.map_or(0..=u64::MAX, |length| length.bytes_min..=length.bytes_max);
        Ok(FormAdmission { caller, access_key, length })
    }

    fn share(&self, asked: &CrossOrigin<'_>) -> Result<Shared, S3Error> {
        let &CrossOrigin { bucket, origin, method, headers } = asked;
        let Some(bucket) = self.auth.bucket_of(bucket)? else { return Ok(Shared::NoSuchBucket) };
        Ok(match self.hall.share(&bucket, origin, method, headers)? {
            Sharing::Off => Shared::Off,
            Sharing::Refused => Shared::Refused,
            Sharing::Allowed(headers) => Shared::With(headers),
        })
    }
}

impl<O> wire::Handle<O> for Corridor
where
    O: Guarded,
    Self: Room<O::Family, O>,
{
    async fn handle(
        &self,
        caller: &Caller,
        input: O::Input,
        body: Body,
    ) -> Result<(O::Output, Option<Body>), S3Error> {
        let caller = self.auth.prove::<O>(caller.clone(), &input).await?;
        let authorized = self.auth.authorize::<O>(&caller, input, &self.hall)?;
        self.enter(authorized, body).await
    }
}

/// The room that handles an operation, found by the service that it is of.
pub trait Room<Family, O: Guarded> {
    fn enter(
        &self,
        request: Authorized<O>,
        body: Body,
    ) -> impl Future<Output = Result<(O::Output, Option<Body>), S3Error>> + Send;
}

macro_rules! of_objects {
    ($($family:ident),*) => {
        $(impl<O> Room<family::$family, O> for Corridor
        where
            O: Guarded,
            Hall: semantics::Handle<O>,
        {
            async fn enter(
                &self,
                request: Authorized<O>,
                body: Body,
            ) -> Result<(O::Output, Option<Body>), S3Error> {
                let veil = request.veil();
                // Until it is answered: by then whatever landed is named, or never will be.
                let _passage = self.hall.store().passage();
                let answer = semantics::Handle::<O>::handle(&self.hall, request, body).await;
                answer.map_err(|error| self.auth.veil(&veil, error))
            }
        })*
    };
}

macro_rules! of_identities {
    ($($family:ident),*) => {
        $(impl<O> Room<family::$family, O> for Corridor
        where
            O: Guarded,
            Registry: identity::Handle<O>,
        {
            async fn enter(
                &self,
                request: Authorized<O>,
                _body: Body,
            ) -> Result<(O::Output, Option<Body>), S3Error> {
                let output = identity::Handle::<O>::handle(&self.registry, request).await?;
                Ok((output, None))
            }
        })*
    };
}

of_objects! { S3, S3Control }
of_identities! { Iam, Sts }
