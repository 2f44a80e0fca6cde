//! Bucket names, by AWS's rules for general purpose buckets, and the number that stands for a bucket in rows.

use std::fmt;
use std::net::Ipv4Addr;

use thiserror::Error;

/// A bucket's own number. A name that is deleted and created again gets a new one, so rows of the old bucket
/// can never be taken for rows of the new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId(pub u64);

/// A legal bucket name (AWS: "General purpose bucket naming rules").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("The specified bucket is not valid.")]
pub struct BucketNameError;

const PREFIXES_RESERVED: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const SUFFIXES_RESERVED: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

impl BucketName {
    pub fn parse(name: &str) -> Result<Self, BucketNameError> {
        let bytes = name.as_bytes();
        let edge = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let inner = |byte: &u8| edge(Some(byte)) || matches!(byte, b'-' | b'.');
        let legal = (3..=63).contains(&bytes.len())
            && bytes.iter().all(inner)
            && edge(bytes.first())
            && edge(bytes.last())
            && !name.contains("..")
            && name.parse::<Ipv4Addr>().is_err()
            && !PREFIXES_RESERVED.iter().any(|prefix| name.starts_with(prefix))
            && !SUFFIXES_RESERVED.iter().any(|suffix| name.ends_with(suffix));
        if legal { Ok(Self(name.to_owned())) } else { Err(BucketNameError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_pass() {
        for name in ["abc", "tech230-esther-bucket", "a.b.c", "1bucket", &"a".repeat(63)] {
            assert!(BucketName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn illegal_names_are_refused() {
        let long = "a".repeat(64);
        for name in [
            "",
            "ab",
            &long,
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "192.168.5.4",
            "xn--abc",
            "sthree-abc",
            "abc-s3alias",
            "abc--ol-s3",
            "abc.mrap",
            "abc--x-s3",
            "a b",
            "a/b",
            "ä-b",
        ] {
            assert!(BucketName::parse(name).is_err(), "{name}");
        }
    }
}
