//! Bodies by name: a few numbers stand for many bytes, so that sequences stay readable.

use std::fmt;

use bytes::Bytes;
use md5::{Digest, Md5};

/// `len` bytes that `pattern` determines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Body {
    pub pattern: u8,
    pub len: u32,
}

impl Body {
    pub fn bytes(self) -> Bytes {
        // A prime period, so that no chunk or part boundary falls on its repetition.
        let period: Vec<u8> = (0..251_u32).map(|at| (at * 7 + u32::from(self.pattern) * 131) as u8).collect();
        let mut bytes = period.repeat(self.len as usize / period.len() + 1);
        bytes.truncate(self.len as usize);
        Bytes::from(bytes)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body#{}×{}", self.pattern, self.len)
    }
}

pub fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// The ETag of what was put whole, without quotes.
pub fn etag(bytes: &[u8]) -> String {
    hex(&md5(bytes))
}

/// The ETag of what parts with these digests made: the digest of the digests, and their number.
pub fn etag_of_parts(digests: &[[u8; 16]]) -> String {
    format!("{}-{}", hex(&md5(&digests.concat())), digests.len())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_what_s3_says() {
        assert_eq!(etag(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert!(etag_of_parts(&[md5(b"a"), md5(b"b")]).ends_with("-2"));
        assert_ne!(Body { pattern: 1, len: 9 }.bytes(), Body { pattern: 2, len: 9 }.bytes());
    }
}
