//! A checksum's value: its algorithm and raw bytes, and the base64 in which S3 writes them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::ChecksumAlgorithm;

const SIZE_MAX: usize = 64;
// Base64 of the longest value.
const TEXT_MAX: usize = SIZE_MAX.div_ceil(3) * 4;

/// The value of one checksum, always of its algorithm's size.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChecksumValue {
    algorithm: ChecksumAlgorithm,
    // Bytes beyond the algorithm's size are zero, so that derived equality is true equality.
    bytes: [u8; SIZE_MAX],
}

impl ChecksumValue {
    /// `None` unless `bytes` has the algorithm's size.
    pub fn new(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == algorithm.size_bytes()).then(|| Self::sized(algorithm, bytes))
    }

    /// For callers that know that the size is right.
    pub(crate) fn sized(algorithm: ChecksumAlgorithm, from: &[u8]) -> Self {
        let mut bytes = [0; SIZE_MAX];
        bytes[..algorithm.size_bytes()].copy_from_slice(from);
        Self { algorithm, bytes }
    }

    /// Reads base64 as in a checksum header; `None` when it is not base64 or has another size.
    pub fn parse(algorithm: ChecksumAlgorithm, base64: &str) -> Option<Self> {
        if base64.len() > TEXT_MAX {
            return None;
        }
        // The decoder asks for room for whole groups of three.
        let mut bytes = [0; SIZE_MAX + 2];
        let size = STANDARD.decode_slice(base64, &mut bytes).ok()?;
        Self::new(algorithm, &bytes[..size])
    }

    pub const fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.size_bytes()]
    }

    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.as_bytes())
    }
}

impl fmt::Display for ChecksumValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for ChecksumValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_back_for_every_algorithm() {
        for algorithm in ChecksumAlgorithm::ALL {
            let bytes: Vec<u8> = (0..algorithm.size_bytes()).map(|at| at as u8 ^ 0xa5).collect();
            let value = ChecksumValue::new(algorithm, &bytes).expect("the algorithm's size");
            assert_eq!(ChecksumValue::parse(algorithm, &value.to_base64()), Some(value));
            assert_eq!(value.as_bytes(), bytes);
        }
    }

    #[test]
    fn what_is_not_base64_of_the_right_size_is_refused() {
        for text in ["", "AAAA", "AAAAAA", "AAAAAAA=", "!!!!!!==", "AAAAAA== ", &"A".repeat(500)] {
            assert_eq!(ChecksumValue::parse(ChecksumAlgorithm::Crc32, text), None, "{text}");
        }
    }
}
