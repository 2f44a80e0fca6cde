//! Checksums between requests and rows: what the client sent, what it wants stored, what it gets back.
//!
//! Source: AWS "Checking object integrity in Amazon S3".

use api::{ErrorCode, S3Error};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use catalog::table::ChecksumRow;
use digest::{ChecksumValue, Sums};
use model::{ChecksumAlgorithm, ChecksumType};

/// The ten checksum members of an input, with their algorithms.
macro_rules! checksum_members {
    ($input:expr) => {
        [
            (model::ChecksumAlgorithm::Crc32, $input.checksum_crc32.as_deref()),
            (model::ChecksumAlgorithm::Crc32c, $input.checksum_crc32c.as_deref()),
            (model::ChecksumAlgorithm::Crc64Nvme, $input.checksum_crc64nvme.as_deref()),
            (model::ChecksumAlgorithm::Sha1, $input.checksum_sha1.as_deref()),
            (model::ChecksumAlgorithm::Sha256, $input.checksum_sha256.as_deref()),
            (model::ChecksumAlgorithm::Sha512, $input.checksum_sha512.as_deref()),
            (model::ChecksumAlgorithm::Md5, $input.checksum_md5.as_deref()),
            (model::ChecksumAlgorithm::XxHash64, $input.checksum_xxhash64.as_deref()),
            (model::ChecksumAlgorithm::XxHash3, $input.checksum_xxhash3.as_deref()),
            (model::ChecksumAlgorithm::XxHash128, $input.checksum_xxhash128.as_deref()),
        ]
    };
}

/// Puts a checksum into the member of its algorithm.
macro_rules! set_checksum {
    ($output:expr, $algorithm:expr, $text:expr) => {{
        let text = Some($text);
        match $algorithm {
            model::ChecksumAlgorithm::Crc32 => $output.checksum_crc32 = text,
            model::ChecksumAlgorithm::Crc32c => $output.checksum_crc32c = text,
            model::ChecksumAlgorithm::Crc64Nvme => $output.checksum_crc64nvme = text,
            model::ChecksumAlgorithm::Sha1 => $output.checksum_sha1 = text,
            model::ChecksumAlgorithm::Sha256 => $output.checksum_sha256 = text,
            model::ChecksumAlgorithm::Sha512 => $output.checksum_sha512 = text,
            model::ChecksumAlgorithm::Md5 => $output.checksum_md5 = text,
            model::ChecksumAlgorithm::XxHash64 => $output.checksum_xxhash64 = text,
            model::ChecksumAlgorithm::XxHash3 => $output.checksum_xxhash3 = text,
            model::ChecksumAlgorithm::XxHash128 => $output.checksum_xxhash128 = text,
        }
    }};
}

pub(crate) use {checksum_members, set_checksum};

/// What a client said about the bytes that it sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// A checksum in a header.
    value: Option<ChecksumValue>,
    /// The algorithm of a checksum that will come in a trailer.
    trailing: Option<ChecksumAlgorithm>,
    content_md5: Option<[u8; 16]>,
}

impl Claims {
    /// `members`: the checksum members of the input; `named`: `x-amz-sdk-checksum-algorithm`; `announced`: the
    /// `x-amz-trailer` header.
    pub(crate) fn read(
        members: &[(ChecksumAlgorithm, Option<&str>)],
        named: Option<&str>,
        announced: Option<&str>,
        content_md5: Option<&str>,
    ) -> Result<Self, S3Error> {
        let named = named.map(parse_algorithm).transpose()?;
        let mut sent = members.iter().filter_map(|(algorithm, text)| Some((*algorithm, (*text)?)));
        let value = match sent.next() {
            None => None,
            Some((algorithm, text)) => Some(parse_value(algorithm, text)?),
        };
        if sent.next().is_some() {
            return Err(invalid(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            ));
        }
        let trailing = announced_algorithm(announced)?;
        match (named, value.map(|value| value.algorithm()).or(trailing)) {
            (Some(_), None) => {
                return Err(invalid(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
                ));
            }
            (Some(named), Some(sent)) if named != sent => {
                return Err(invalid("Value for x-amz-sdk-checksum-algorithm header is invalid."));
            }
            _ => {}
        }
        let content_md5 = content_md5.map(parse_md5).transpose()?;
        Ok(Self { value, trailing, content_md5 })
    }

    pub(crate) fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        self.value.map(|value| value.algorithm()).or(self.trailing)
    }

    /// Compares with what the bytes turned out to be.
    pub(crate) fn check(&self, sums: &Sums, trailers: &[(String, String)]) -> Result<(), S3Error> {
        if let Some(expected) = self.content_md5
            && expected != sums.md5
        {
            return Err(S3Error::from(ErrorCode::BadDigest)
                .element("ExpectedDigest", STANDARD.encode(expected))
                .element("CalculatedDigest", STANDARD.encode(sums.md5)));
        }
        if let Some(expected) = self.value {
            compare(expected, sums)?;
        }
        if let Some(algorithm) = self.trailing {
            let sent = trailers.iter().find(|(name, _)| name == algorithm.header());
            let (_, text) = sent.ok_or(ErrorCode::MalformedTrailerError)?;
            compare(parse_value(algorithm, text)?, sums)?;
        }
        Ok(())
    }
}

fn compare(expected: ChecksumValue, sums: &Sums) -> Result<(), S3Error> {
    let algorithm = expected.algorithm();
    if sums.checksum(algorithm) == Some(expected) {
        return Ok(());
    }
    let message = format!("The {algorithm} you specified did not match the calculated checksum.");
    Err(S3Error::with_message(ErrorCode::BadDigest, message))
}

pub(crate) fn parse_algorithm(name: &str) -> Result<ChecksumAlgorithm, S3Error> {
    ChecksumAlgorithm::parse(name).ok_or_else(|| {
        let known: Vec<&str> = ChecksumAlgorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        let message = format!(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [{}]",
            known.join(", ")
        );
        S3Error::with_message(ErrorCode::InvalidRequest, message)
    })
}

pub(crate) fn parse_value(algorithm: ChecksumAlgorithm, text: &str) -> Result<ChecksumValue, S3Error> {
    ChecksumValue::parse(algorithm, text)
        .ok_or_else(|| invalid(format!("Value for {} header is invalid.", algorithm.header())))
}

/// The first trailing header that was announced; S3 takes no other than checksums.
fn announced_algorithm(announced: Option<&str>) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let mut names = announced.unwrap_or_default().split(',').map(str::trim);
    let Some(name) = names.find(|name| !name.is_empty()) else { return Ok(None) };
    match ChecksumAlgorithm::from_header(&name.to_ascii_lowercase()) {
        Some(algorithm) => Ok(Some(algorithm)),
        None => Err(invalid("The value specified in the x-amz-trailer header is not supported")),
    }
}

fn parse_md5(text: &str) -> Result<[u8; 16], S3Error> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| {
        S3Error::with_message(ErrorCode::InvalidDigest, "The Content-MD5 you specified was invalid.")
            .element("Content-MD5", text)
    })
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

/// The row of a checksum over whole bytes.
pub(crate) fn full_object_row(value: ChecksumValue) -> ChecksumRow {
    ChecksumRow {
        algorithm: value.algorithm(),
        kind: ChecksumType::FullObject,
        value: Bytes::copy_from_slice(value.as_bytes()),
    }
}

/// As the client sees it: base64, and for a composite one the number of parts.
pub(crate) fn text(row: &ChecksumRow, parts: Option<u16>) -> String {
    let text = STANDARD.encode(&row.value);
    match (row.kind, parts) {
        (ChecksumType::Composite, Some(parts)) => format!("{text}-{parts}"),
        _ => text,
    }
}

/// The value in a row; `None` when its length is not its algorithm's.
pub(crate) fn value(row: &ChecksumRow) -> Option<ChecksumValue> {
    ChecksumValue::new(row.algorithm, &row.value)
}
