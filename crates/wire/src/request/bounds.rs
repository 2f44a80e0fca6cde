//! The bounds of a request's head.

use api::{ErrorCode, S3Error};
use http::{HeaderMap, Uri};

use crate::server::Limits;

/// Refuses a head that is too large, in S3's words. What is far beyond is refused by the HTTP parser with a
/// bare 431 or 414 before it is read whole.
pub(crate) fn check_bounds(uri: &Uri, headers: &HeaderMap, limits: &Limits) -> Result<(), S3Error> {
    let line = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if line > limits.request_line_bytes_max {
        return Err(S3Error::with_message(ErrorCode::InvalidURI, "The URI is too long."));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > limits.header_bytes_max || headers.len() > limits.headers_max {
        let limit = limits.header_bytes_max.to_string();
        return Err(S3Error::from(ErrorCode::RequestHeaderSectionTooLarge).element("MaxSizeAllowed", limit));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn heads_at_the_bound_pass_and_beyond_it_do_not() {
        let uri: Uri = "/".parse().unwrap();
        let limits = Limits { header_bytes_max: 10, headers_max: 2, ..Limits::default() };
        let mut headers = HeaderMap::new();
        headers.append("aaaa", HeaderValue::from_static("1"));
        headers.append("aaaa", HeaderValue::from_static("2"));
        assert!(check_bounds(&uri, &headers, &limits).is_ok());
        let more = Limits { headers_max: 1, ..limits.clone() };
        assert!(check_bounds(&uri, &headers, &more).is_err());
        headers.insert("aaaa", HeaderValue::from_static("1234567"));
        let error = check_bounds(&uri, &headers, &limits).unwrap_err();
        assert_eq!(error.code, ErrorCode::RequestHeaderSectionTooLarge);
        let short = Limits { request_line_bytes_max: 0, ..Limits::default() };
        assert_eq!(check_bounds(&uri, &HeaderMap::new(), &short).unwrap_err().code, ErrorCode::InvalidURI);
    }
}
