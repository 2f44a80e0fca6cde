//! One pass of bytes to everything that a write must know about them.

use model::ChecksumAlgorithm;

use crate::{ChecksumHasher, ChecksumValue, Md5, Sha256};

/// Small enough that each further hasher reads the bytes from the first-level cache.
const STRIDE_BYTES: usize = 16 * 1024;

/// MD5 always, SHA-256 on request, and any set of checksums. What is asked for twice is computed once.
#[derive(Clone)]
pub struct MultiHasher {
    length: u64,
    md5: Md5,
    sha256: Option<Sha256>,
    others: Vec<ChecksumHasher>,
    wanted: Vec<ChecksumAlgorithm>,
}

/// What a pass found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// How many bytes passed.
    pub length: u64,
    pub md5: [u8; 16],
    /// Present when it was asked for, as such or as a checksum.
    pub sha256: Option<[u8; 32]>,
    /// One for each algorithm asked for, in that order, none twice.
    pub checksums: Vec<ChecksumValue>,
}

impl Sums {
    pub fn checksum(&self, algorithm: ChecksumAlgorithm) -> Option<ChecksumValue> {
        self.checksums.iter().copied().find(|value| value.algorithm() == algorithm)
    }
}

impl MultiHasher {
    /// `sha256`: whether the payload's SHA-256 is wanted (a signature names it).
    pub fn new(sha256: bool, checksums: &[ChecksumAlgorithm]) -> Self {
        let mut wanted: Vec<ChecksumAlgorithm> = Vec::with_capacity(checksums.len());
        for algorithm in checksums {
            if !wanted.contains(algorithm) {
                wanted.push(*algorithm);
            }
        }
        let shared = |algorithm: &ChecksumAlgorithm| {
            matches!(algorithm, ChecksumAlgorithm::Md5 | ChecksumAlgorithm::Sha256)
        };
        let sha256 = sha256 || wanted.contains(&ChecksumAlgorithm::Sha256);
        let others = wanted.iter().filter(|algorithm| !shared(algorithm));
        Self {
            length: 0,
            md5: Md5::new(),
            sha256: sha256.then(Sha256::new),
            others: others.copied().map(ChecksumHasher::new).collect(),
            wanted,
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        for stride in bytes.chunks(STRIDE_BYTES) {
            self.md5.update(stride);
            if let Some(sha256) = &mut self.sha256 {
                sha256.update(stride);
            }
            for hasher in &mut self.others {
                hasher.update(stride);
            }
        }
    }

    /// How many bytes have passed so far.
    pub const fn length(&self) -> u64 {
        self.length
    }

    pub fn finish(self) -> Sums {
        let md5 = self.md5.finish();
        let sha256 = self.sha256.map(Sha256::finish);
        let others: Vec<ChecksumValue> = self.others.into_iter().map(ChecksumHasher::finish).collect();
        let value = |algorithm: ChecksumAlgorithm| match algorithm {
            ChecksumAlgorithm::Md5 => ChecksumValue::new(algorithm, &md5),
            ChecksumAlgorithm::Sha256 => sha256.and_then(|sum| ChecksumValue::new(algorithm, &sum)),
            _ => others.iter().copied().find(|value| value.algorithm() == algorithm),
        };
        let checksums = self.wanted.into_iter().filter_map(value).collect();
        Sums { length: self.length, md5, sha256, checksums }
    }
}
