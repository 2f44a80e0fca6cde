//! Requests from pages of other origins: preflights, and what an answer tells a browser.

use api::{ErrorCode, S3Error};
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::door::{CrossOrigin, Door, Shared};
use crate::request::Target;
use crate::respond::{Answer, AnswerBody};

/// What a request with an `Origin` says of itself, kept while the request is answered.
pub(super) struct Page {
    origin: String,
    /// What a preflight announces. S3 goes by these whatever the request's own method is.
    announced: Option<String>,
    headers: Option<String>,
    own: Method,
}

impl Page {
    /// `None` without an `Origin`: most requests, and nothing more is done for them.
    pub fn of(method: &Method, headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let owned = |name| text(name).map(str::to_owned);
        Some(Self {
            origin: owned(ORIGIN)?,
            announced: owned(ACCESS_CONTROL_REQUEST_METHOD),
            headers: owned(ACCESS_CONTROL_REQUEST_HEADERS),
            own: method.clone(),
        })
    }

    fn ask<D: Door>(&self, door: &D, bucket: &str) -> Result<Shared, S3Error> {
        let method = self.announced.as_deref().unwrap_or(self.own.as_str());
        let headers = self.headers.as_deref();
        door.share(&CrossOrigin { bucket, origin: &self.origin, method, headers })
    }

    /// Adds to an answer of a bucket what its rules let the page know. A failure here is no reason to refuse.
    pub fn mark<D: Door>(&self, door: &D, bucket: &str, answer: &mut HeaderMap) {
        if let Ok(Shared::With(told)) = self.ask(door, bucket) {
            write(told, answer);
        }
    }
}

/// Answers an OPTIONS, which nobody signs.
pub(super) fn preflight<D: Door>(
    door: &D,
    target: &Target<'_>,
    headers: &HeaderMap,
) -> Result<Answer, S3Error> {
    let bad = |message| S3Error::with_message(ErrorCode::BadRequest, message);
    let page = Page::of(&Method::OPTIONS, headers);
    let page = page.ok_or_else(|| bad("Insufficient information. Origin request header needed."))?;
    let shared = match target.bucket.as_deref() {
        Some(bucket) => page.ask(door, bucket)?,
        None => Shared::NoSuchBucket,
    };
    let method = page.announced.as_deref();
    let forbidden = |message: &'static str, kind| {
        S3Error::with_message(ErrorCode::AccessForbidden, message)
            .element("Method", method.unwrap_or("OPTIONS"))
            .element("ResourceType", kind)
    };
    match shared {
        Shared::NoSuchBucket => Err(forbidden("CORSResponse: Bucket not found", "BUCKET")),
        Shared::Off => Err(forbidden("CORSResponse: CORS is not enabled for this bucket.", "BUCKET")),
        _ if method.is_none() => Err(bad("Invalid Access-Control-Request-Method: null")),
        Shared::Refused => {
            let kind = if target.key.is_some() { "OBJECT" } else { "BUCKET" };
            Err(forbidden(ErrorCode::AccessForbidden.message(), kind))
        }
        Shared::With(told) => {
            let mut headers = HeaderMap::with_capacity(8);
            write(told, &mut headers);
            Ok(Answer { status: StatusCode::OK, headers, body: AnswerBody::empty() })
        }
    }
}

fn write(told: Vec<(&'static str, String)>, headers: &mut HeaderMap) {
    for (name, value) in told {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
