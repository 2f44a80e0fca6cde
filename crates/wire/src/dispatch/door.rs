//! What the front asks of the house behind it.

use std::future::Future;
use std::ops::RangeInclusive;

use api::{Arrival, Body, Operation, S3Error};
use sigv4::{PayloadMode, RequestView};

/// A request whose claim was examined.
pub struct Authenticated<C> {
    pub caller: C,
    /// For the access log; `None` for anonymous callers.
    pub access_key: Option<String>,
    /// How the body is to be proven.
    pub payload: PayloadMode,
}

/// A POST form as its policy sees it.
pub struct FormView<'a> {
    pub bucket: &'a str,
    /// `${filename}` is filled in, here and in the fields.
    pub key: &'a str,
    /// Names in lower case, in order; without the file.
    pub fields: &'a [(&'a str, &'a str)],
    /// Of the request that brings the form.
    pub headers: &'a [(&'a str, &'a str)],
}

/// A POST form whose policy was examined.
pub struct FormAdmission<C> {
    pub caller: C,
    pub access_key: Option<String>,
    /// The policy's `content-length-range`; everything when it has none.
    pub length: RangeInclusive<u64>,
}

/// A request of a page that came from another origin.
#[derive(Clone, Copy, Debug)]
pub struct CrossOrigin<'a> {
    pub bucket: &'a str,
    pub origin: &'a str,
    /// The one that a preflight announces, else the request's own.
    pub method: &'a str,
    /// The headers that it announces, as sent.
    pub headers: Option<&'a str>,
}

/// What a bucket says to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shared {
    NoSuchBucket,
    /// The bucket has no CORS rules.
    Off,
    /// No rule fits.
    Refused,
    /// The headers, names in lower case, that tell the browser so.
    With(Vec<(&'static str, String)>),
}

/// Who asks. Called before a byte of the body is read, but for the services whose requests are forms: their small body
/// is read first, because their signatures cover it, and `arrival` holds its hash.
pub trait Door: Send + Sync + 'static {
    /// Cheap to clone: the audit keeps one to the request's end.
    type Caller: Clone + Send + Sync + 'static;

    /// `host_bucket`: the bucket that the host names, where it names one.
    fn authenticate(
        &self,
        view: &RequestView<'_>,
        host_bucket: Option<&str>,
        arrival: &Arrival,
    ) -> impl Future<Output = Result<Authenticated<Self::Caller>, S3Error>> + Send;

    fn authenticate_form(
        &self,
        form: &FormView<'_>,
        arrival: &Arrival,
    ) -> impl Future<Output = Result<FormAdmission<Self::Caller>, S3Error>> + Send;

    /// Asked for requests with an `Origin` alone, before anybody is authenticated.
    fn share(&self, asked: &CrossOrigin<'_>) -> Result<Shared, S3Error>;
}

/// What is done. Authorizes, then acts; `body` is pulled only after that.
pub trait Handle<O: Operation>: Door {
    /// The body of the answer stands beside its output; operations without one answer `None`.
    fn handle(
        &self,
        caller: &Self::Caller,
        input: O::Input,
        body: Body,
    ) -> impl Future<Output = Result<(O::Output, Option<Body>), S3Error>> + Send;
}
