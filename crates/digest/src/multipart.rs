//! The checksum of a multipart object from those of its parts: combined (of the whole) or composite (of the
//! checksums). Which of them an upload has is not decided here.

use std::fmt;

use model::ChecksumAlgorithm;

use crate::checksum::crc_value;
use crate::combine::Combiner;
use crate::{ChecksumHasher, ChecksumValue};

/// The checksum of the whole object from its parts' checksums and lengths in order. `None` when the algorithm
/// does not combine or a part was made with another one. No parts at all are an empty object.
pub fn combine(
    algorithm: ChecksumAlgorithm,
    parts: impl IntoIterator<Item = (ChecksumValue, u64)>,
) -> Option<ChecksumValue> {
    let mut combiner = combiner(algorithm)?;
    let mut whole: u64 = 0; // the value of each of the three CRCs for no bytes
    for (part, length) in parts {
        if part.algorithm() != algorithm {
            return None;
        }
        let crc = part.as_bytes().iter().fold(0, |crc, byte| crc << 8 | u64::from(*byte));
        whole = combiner.append(whole, crc, length);
    }
    Some(crc_value(algorithm, whole))
}

fn combiner(algorithm: ChecksumAlgorithm) -> Option<Combiner> {
    match algorithm {
        ChecksumAlgorithm::Crc32 => Some(Combiner::new(0xedb8_8320, 32)),
        ChecksumAlgorithm::Crc32c => Some(Combiner::new(0x82f6_3b78, 32)),
        ChecksumAlgorithm::Crc64Nvme => Some(Combiner::new(0x9a6c_9329_ac4b_c9b5, 64)),
        _ => None,
    }
}

/// The checksum of parts' checksums, shown as `base64-N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CompositeChecksum {
    pub value: ChecksumValue,
    pub parts: u16,
}

impl CompositeChecksum {
    /// Reads `base64-N`.
    pub fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Option<Self> {
        let (value, parts) = text.rsplit_once('-')?;
        let digits = !parts.is_empty() && parts.bytes().all(|byte| byte.is_ascii_digit());
        let parts = if digits { parts.parse().ok()? } else { return None };
        Some(Self { value: ChecksumValue::parse(algorithm, value)?, parts })
    }
}

impl fmt::Display for CompositeChecksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.value, self.parts)
    }
}

/// The checksum of the parts' raw checksums, one after the other. `None` when a part was made with another
/// algorithm, or when there are more parts than an upload may have.
pub fn composite<'a>(
    algorithm: ChecksumAlgorithm,
    parts: impl IntoIterator<Item = &'a ChecksumValue>,
) -> Option<CompositeChecksum> {
    let mut hasher = ChecksumHasher::new(algorithm);
    let mut count: u16 = 0;
    for part in parts {
        if part.algorithm() != algorithm {
            return None;
        }
        hasher.update(part.as_bytes());
        count = count.checked_add(1)?;
    }
    Some(CompositeChecksum { value: hasher.finish(), parts: count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_combine_to_the_checksum_of_the_whole() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
        for algorithm in ChecksumAlgorithm::ALL.into_iter().filter(|algorithm| algorithm.combines()) {
            let parts =
                bytes.chunks(7_777).map(|part| (ChecksumHasher::of(algorithm, part), part.len() as u64));
            assert_eq!(combine(algorithm, parts), Some(ChecksumHasher::of(algorithm, &bytes)), "{algorithm}");
        }
    }
}
