//! The canonical request and the string to sign.

mod headers;
mod path;
mod query;

use aws_lc_rs::digest;

use crate::RequestView;
use crate::encode::push_hex;

pub(crate) use self::path::{is_canonical, push_path};

/// What of a request goes into its canonical form.
pub(crate) struct Parts<'a> {
    pub view: &'a RequestView<'a>,
    /// The canonical URI.
    pub path: &'a str,
    /// A query parameter that is left out: the signature itself.
    pub skip_query: Option<&'a str>,
    pub signed_headers: &'a str,
    pub payload: &'a str,
}

/// Enough for most requests, so that the buffer seldom grows.
const REQUEST_BYTES: usize = 1024;

/// The canonical request, six lines and more.
pub(crate) fn request(parts: &Parts<'_>) -> String {
    let mut out = String::with_capacity(REQUEST_BYTES);
    out.push_str(parts.view.method);
    out.push('\n');
    out.push_str(parts.path);
    out.push('\n');
    query::push_query(&mut out, parts.view.query, parts.skip_query);
    out.push('\n');
    headers::push_headers(&mut out, parts.view.headers, parts.signed_headers);
    out.push('\n');
    out.push_str(parts.signed_headers);
    out.push('\n');
    out.push_str(parts.payload);
    out
}

/// `algorithm`, date, scope, and the canonical request's hash.
pub(crate) fn string_to_sign(algorithm: &str, date: &str, scope: &str, request: &str) -> String {
    let hash = digest::digest(&digest::SHA256, request.as_bytes());
    let mut out = String::with_capacity(algorithm.len() + date.len() + scope.len() + 3 + 64);
    for line in [algorithm, date, scope] {
        out.push_str(line);
        out.push('\n');
    }
    push_hex(&mut out, hash.as_ref());
    out
}
