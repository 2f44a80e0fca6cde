//! Proof of a whole body against the digests that came with it.

use api::{ErrorCode, S3Error};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digest::{ChecksumHasher, ChecksumValue, md5};
use http::HeaderMap;
use model::ChecksumAlgorithm;

/// Content-MD5 and every `x-amz-checksum-*`, in headers or trailers, must be true of `bytes`.
pub(super) fn check_digests(
    bytes: &[u8],
    headers: &HeaderMap,
    trailers: &[(String, String)],
) -> Result<(), S3Error> {
    if let Some(said) = headers.get("content-md5") {
        let said = STANDARD.decode(said.as_bytes()).ok().filter(|sum| sum.len() == 16);
        if said.ok_or(ErrorCode::InvalidDigest)? != md5(bytes) {
            return Err(ErrorCode::BadDigest.into());
        }
    }
    for algorithm in ChecksumAlgorithm::ALL {
        let name = algorithm.header();
        let header = headers.get(name).and_then(|value| value.to_str().ok());
        let trailer = trailers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        for said in header.into_iter().chain(trailer) {
            check(algorithm, said, bytes)?;
        }
    }
    Ok(())
}

/// A list of what to delete must come with a digest, or one flipped bit deletes something else.
pub(crate) fn require_digest(headers: &HeaderMap) -> Result<(), S3Error> {
    let said = |name| headers.contains_key(name);
    let checksum = ChecksumAlgorithm::ALL.iter().any(|algorithm| said(algorithm.header()));
    if checksum || said("content-md5") || said("x-amz-trailer") {
        return Ok(());
    }
    let message = "Missing required header for this request: Content-MD5";
    Err(S3Error::with_message(ErrorCode::InvalidRequest, message))
}

fn check(algorithm: ChecksumAlgorithm, said: &str, bytes: &[u8]) -> Result<(), S3Error> {
    let name = algorithm.header();
    let Some(said) = ChecksumValue::parse(algorithm, said) else {
        let message = format!("Value for {name} header is invalid.");
        return Err(S3Error::with_message(ErrorCode::InvalidRequest, message));
    };
    if ChecksumHasher::of(algorithm, bytes) == said {
        return Ok(());
    }
    let message = format!("The {} you specified did not match the calculated checksum.", algorithm.name());
    Err(S3Error::with_message(ErrorCode::BadDigest, message))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(name: &'static str, value: &str) -> Result<(), ErrorCode> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        check_digests(b"123456789", &headers, &[]).map_err(|error| error.code)
    }

    #[test]
    fn true_digests_pass_false_ones_and_nonsense_do_not() {
        assert_eq!(with("x-amz-checksum-crc32", "y/Q5Jg=="), Ok(()));
        assert_eq!(with("content-md5", "JfnnlDI7RTiF9RgfGwqgXA=="), Err(ErrorCode::BadDigest));
        assert_eq!(with("content-md5", &STANDARD.encode(md5(b"123456789"))), Ok(()));
        assert_eq!(with("content-md5", "AAAA"), Err(ErrorCode::InvalidDigest));
        assert_eq!(with("x-amz-checksum-crc32", "AAAAAA=="), Err(ErrorCode::BadDigest));
        assert_eq!(with("x-amz-checksum-crc32", "nonsense"), Err(ErrorCode::InvalidRequest));
        let trailer = [("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())];
        assert!(check_digests(b"123456789", &HeaderMap::new(), &trailer).is_err());
    }
}
