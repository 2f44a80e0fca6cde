//! Which bucket and key a request names, and its path, query and headers exactly as they were sent (which is
//! what signatures cover).

use std::borrow::Cow;

use api::{ErrorCode, S3Error};
use http::{HeaderMap, Uri, header};

use super::hosts::Hosts;
use super::percent::decode_path;

/// Names in lower case, values as sent.
pub type HeaderPairs<'a> = Vec<(&'a str, &'a str)>;

/// A request's target. Path and query are as sent; bucket and key are decoded.
pub(crate) struct Target<'a> {
    pub path: &'a str,
    pub query: &'a str,
    pub bucket: Option<Cow<'a, str>>,
    pub key: Option<Cow<'a, str>>,
    /// The host named the bucket, not the path.
    pub virtual_hosted: bool,
}

impl<'a> Target<'a> {
    pub fn read(uri: &'a Uri, host: Option<&str>, hosts: &Hosts) -> Result<Self, S3Error> {
        let (path, query) = split(uri);
        let inside = path.strip_prefix('/').unwrap_or(path);
        let named = host.and_then(|host| hosts.bucket(host));
        let virtual_hosted = named.is_some();
        let (bucket, key) = match named {
            Some(bucket) => (Some(Cow::Owned(bucket)), inside),
            None => {
                let (bucket, key) = inside.split_once('/').unwrap_or((inside, ""));
                let bucket = (!bucket.is_empty()).then(|| decode_path(bucket)).transpose()?;
                if bucket.is_none() && !key.is_empty() {
                    return Err(ErrorCode::InvalidBucketName.into());
                }
                (bucket, key)
            }
        };
        let key = (!key.is_empty()).then(|| decode_path(key)).transpose()?;
        Ok(Self { path, query, bucket, key, virtual_hosted })
    }
}

/// Path and query as they came, also of an absolute-form target (`GET http://host/path`). `OPTIONS *` has
/// the path `*`.
fn split(uri: &Uri) -> (&str, &str) {
    let whole = uri.path_and_query().map_or("/", |target| target.as_str());
    whole.split_once('?').unwrap_or((whole, ""))
}

/// The authority that the client speaks to: an absolute target and HTTP/2 carry it beside the headers
/// (RFC 9112 §3.2.2: it wins over `Host`).
pub(crate) fn host_of<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST).and_then(|host| host.to_str().ok()),
    }
}

/// Headers as signatures see them. HTTP/2 has no `Host`: its `:authority` stands for it (RFC 9113 §8.3.1).
pub(crate) fn header_pairs<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<HeaderPairs<'a>, S3Error> {
    let mut pairs = Vec::with_capacity(headers.len() + 1);
    if !headers.contains_key(header::HOST)
        && let Some(authority) = uri.authority()
    {
        pairs.push(("host", authority.as_str()));
    }
    for (name, value) in headers {
        match std::str::from_utf8(value.as_bytes()) {
            Ok(value) => pairs.push((name.as_str(), value)),
            // What S3 would act on must be text; others may say what they like, unsigned.
            Err(_) if name.as_str().starts_with("x-amz-") => {
                return Err(S3Error::invalid_argument(name.as_str(), "", "Header values must be UTF-8."));
            }
            Err(_) => {}
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(uri: &str, host: &str) -> Result<(Option<String>, Option<String>), ErrorCode> {
        let uri: Uri = uri.parse().unwrap();
        let target = Target::read(&uri, Some(host), &Hosts::new(&[])).map_err(|error| error.code)?;
        Ok((target.bucket.map(Cow::into_owned), target.key.map(Cow::into_owned)))
    }

    #[test]
    fn bucket_and_key_come_from_the_path_or_the_host() {
        let table = [
            ("/", "127.0.0.1", None, None),
            ("/photos", "127.0.0.1", Some("photos"), None),
            ("/photos/", "127.0.0.1", Some("photos"), None),
            ("/photos/a//b/../c", "127.0.0.1", Some("photos"), Some("a//b/../c")),
            ("/photos//a", "127.0.0.1", Some("photos"), Some("/a")),
            ("/photos/a%2Fb+c%20d?x=/y", "127.0.0.1", Some("photos"), Some("a/b+c d")),
            ("/", "photos.localhost", Some("photos"), None),
            ("/a/b", "photos.localhost", Some("photos"), Some("a/b")),
            ("//a", "photos.localhost", Some("photos"), Some("/a")),
            ("http://elsewhere/photos/a", "elsewhere", Some("photos"), Some("a")),
        ];
        for (uri, host, bucket, key) in table {
            let expected = (bucket.map(str::to_owned), key.map(str::to_owned));
            assert_eq!(read(uri, host), Ok(expected), "{uri} at {host}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        assert_eq!(read("/b/%ff", "h"), Err(ErrorCode::InvalidURI));
        assert_eq!(read("/b/%4", "h"), Err(ErrorCode::InvalidURI));
        assert_eq!(read("//a", "h"), Err(ErrorCode::InvalidBucketName));
    }

    #[test]
    fn path_and_query_stay_as_they_were_sent() {
        let uri: Uri = "/b/%7e//..?a=%2f&&b".parse().unwrap();
        let target = Target::read(&uri, None, &Hosts::new(&[])).unwrap();
        assert_eq!((target.path, target.query), ("/b/%7e//..", "a=%2f&&b"));
    }

    #[test]
    fn an_http2_authority_is_signed_as_the_host() {
        let uri: Uri = "http://s3.localhost:9000/b".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-date", HeaderValue::from_static("20261122T062430Z"));
        assert_eq!(header_pairs(&uri, &headers).unwrap()[0], ("host", "s3.localhost:9000"));
        headers.insert("x-amz-meta-a", HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(header_pairs(&uri, &headers).unwrap_err().code, ErrorCode::InvalidArgument);
    }
}
