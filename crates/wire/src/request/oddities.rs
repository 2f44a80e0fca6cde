//! Headers that have no business with an operation and that S3 refuses instead of ignoring them.

use api::s3::Op;
use api::{ErrorCode, S3Error};
use http::HeaderMap;
use model::ChecksumAlgorithm;

/// The headers of this name that carry no checksum themselves.
const ABOUT_CHECKSUMS: [&str; 3] = ["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"];

pub(crate) fn check(op: Op, headers: &HeaderMap) -> Result<(), S3Error> {
    match op {
        Op::GetObject | Op::HeadObject => check_read(headers),
        Op::PutObject | Op::UploadPart => check_checksums(headers),
        _ => Ok(()),
    }
}

fn check_read(headers: &HeaderMap) -> Result<(), S3Error> {
    let refuse = |name: &'static str, message: &'static str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Err(S3Error::invalid_argument(name, value, message))
    };
    if headers.contains_key("x-amz-copy-source") {
        let message = "You can only specify a copy source header for copy requests.";
        return refuse("x-amz-copy-source", message);
    }
    if headers.contains_key("x-amz-server-side-encryption") {
        let message = "x-amz-server-side-encryption header is not supported for this operation.";
        return refuse("x-amz-server-side-encryption", message);
    }
    Ok(())
}

fn check_checksums(headers: &HeaderMap) -> Result<(), S3Error> {
    let known = |name: &str| {
        ABOUT_CHECKSUMS.contains(&name)
            || ChecksumAlgorithm::ALL.iter().any(|algorithm| algorithm.header() == name)
    };
    let mut sent =
        headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("x-amz-checksum-"));
    if sent.all(known) {
        return Ok(());
    }
    Err(S3Error::with_message(
        ErrorCode::InvalidRequest,
        "The algorithm type you specified in x-amz-checksum- header is invalid.",
    ))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn code(op: Op, name: &'static str) -> Option<ErrorCode> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static("x"));
        check(op, &headers).err().map(|error| error.code)
    }

    #[test]
    fn every_known_checksum_header_passes_and_others_do_not() {
        for algorithm in ChecksumAlgorithm::ALL {
            assert_eq!(code(Op::PutObject, algorithm.header()), None);
        }
        assert_eq!(code(Op::PutObject, "x-amz-checksum-type"), None);
        assert_eq!(code(Op::UploadPart, "x-amz-checksum-crc99"), Some(ErrorCode::InvalidRequest));
        assert_eq!(code(Op::GetObject, "x-amz-checksum-mode"), None);
    }

    #[test]
    fn a_read_takes_neither_source_nor_encryption() {
        for name in ["x-amz-copy-source", "x-amz-server-side-encryption"] {
            assert_eq!(code(Op::GetObject, name), Some(ErrorCode::InvalidArgument));
            assert_eq!(code(Op::CopyObject, name), None);
        }
    }
}
