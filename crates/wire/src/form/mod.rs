//! Form uploads: a browser's `multipart/form-data` POST on a bucket becomes a PutObject.
//!
//! Source: AWS "Browser-based uploads using POST (AWS signature version 4)".

mod decoder;
mod fields;
mod reader;
mod success;

pub(crate) use decoder::{Event, FormDecoder};
pub(crate) use reader::{Form, read_form};
pub(crate) use success::{Stored, success_answer};

use api::{ErrorCode, S3Error};
use http::{HeaderMap, header};

/// The boundary of a form; `None` when the request is no form at all.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<Result<String, S3Error>> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    });
    // RFC 2046 §5.1.1: one to seventy characters.
    let boundary = named.filter(|value| (1..=70).contains(&value.len())).map(str::to_owned);
    Some(boundary.ok_or_else(|| ErrorCode::MalformedPOSTRequest.into()))
}
