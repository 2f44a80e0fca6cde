//! From a request's headers and its proof to the right byte source, refusing what can be refused unread.

use api::{Body, ErrorCode, S3Error};
use http::{HeaderMap, HeaderValue, header};
use sigv4::PayloadMode;

use super::frame::Framing;
use super::framed::FramedSource;
use super::inlet::Pull;
use super::plain::PlainSource;

const DECODED_LENGTH: &str = "x-amz-decoded-content-length";

/// What a body is opened with.
pub(crate) struct Opening<'a> {
    pub headers: &'a HeaderMap,
    /// Proven or claimed by the request's signature.
    pub payload: PayloadMode,
    /// Objects must say how long they are before they come; documents need not.
    pub needs_length: bool,
    /// Of what says how long it is; HTTP itself holds it to that.
    pub bytes_max: u64,
}

/// Opens the body of an operation that takes bytes.
pub(crate) fn open(pull: Pull, opening: Opening<'_>) -> Result<Body, S3Error> {
    let Opening { headers, payload, needs_length, bytes_max } = opening;
    let sent = number(headers, header::CONTENT_LENGTH.as_str())?;
    let framed = payload.is_framed();
    let length = if framed { number(headers, DECODED_LENGTH)? } else { sent };
    if length.is_none() && (needs_length || framed) {
        return Err(ErrorCode::MissingContentLength.into());
    }
    if let Some(length) = length.filter(|length| *length > bytes_max) {
        return Err(too_large(length, bytes_max));
    }
    let (verifier, trailer) = match payload {
        PayloadMode::Sha256(sha256) => {
            let source = PlainSource::new(pull, Some(sha256));
            return Ok(Body { length, source: Box::new(source) });
        }
        PayloadMode::Unsigned => {
            let source = PlainSource::new(pull, None);
            return Ok(Body { length, source: Box::new(source) });
        }
        PayloadMode::SignedChunks(verifier) => (Some(verifier), false),
        PayloadMode::SignedChunksTrailer(verifier) => (Some(verifier), true),
        PayloadMode::UnsignedTrailer => (None, true),
    };
    let decoded_length = length.unwrap_or_default();
    let announced = if trailer { announced(headers) } else { Vec::new() };
    let framing = Framing { verifier, trailer, announced, decoded_length };
    Ok(Body { length, source: Box::new(FramedSource::new(pull, framing)) })
}

/// Makes headers speak of the object and no longer of its framing: `aws-chunked` leaves Content-Encoding, and
/// Content-Length becomes the decoded one.
pub(crate) fn forget_framing(headers: &mut HeaderMap, framed: bool) {
    if framed && let Some(decoded) = headers.get(DECODED_LENGTH).cloned() {
        headers.insert(header::CONTENT_LENGTH, decoded);
    }
    let encodings = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let Some(encodings) = encodings.filter(|encodings| encodings.contains("aws-chunked")) else { return };
    let others: Vec<&str> =
        encodings.split(',').map(str::trim).filter(|one| !one.is_empty() && *one != "aws-chunked").collect();
    match HeaderValue::try_from(others.join(",")) {
        Ok(value) if !others.is_empty() => headers.insert(header::CONTENT_ENCODING, value),
        _ => headers.remove(header::CONTENT_ENCODING),
    };
}

pub(crate) fn too_large(proposed: u64, bytes_max: u64) -> S3Error {
    S3Error::from(ErrorCode::EntityTooLarge)
        .element("ProposedSize", proposed.to_string())
        .element("MaxSizeAllowed", bytes_max.to_string())
}

fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, S3Error> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    // `parse` alone would take `+5`.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.map(Some).ok_or_else(|| S3Error::invalid_argument(name, text, "The length is not a number."))
}

fn announced(headers: &HeaderMap) -> Vec<String> {
    let mut names: Vec<String> = headers
        .get_all("x-amz-trailer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
