//! One running checksum of any of S3's algorithms.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA512};
use crc_fast::{CrcAlgorithm, Digest as Crc};
use model::ChecksumAlgorithm;
use xxhash_rust::xxh3::Xxh3;
use xxhash_rust::xxh64::Xxh64;

use crate::{ChecksumValue, Md5, Sha256};

/// Feeds on bytes, ends in a value.
#[derive(Clone)]
pub struct ChecksumHasher {
    algorithm: ChecksumAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    // Its state keeps a table of 23 keys beside the sum: 296 bytes, where the others need a few.
    Crc(Box<Crc>),
    Sha(Context),
    Sha256(Sha256),
    Md5(Md5),
    XxHash64(Xxh64),
    // XXH3's state is 576 bytes and serves 64 and 128 bits; only `finish` differs.
    XxHash3(Box<Xxh3>),
}

impl ChecksumHasher {
    pub fn new(algorithm: ChecksumAlgorithm) -> Self {
        let state = match algorithm {
            ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c | ChecksumAlgorithm::Crc64Nvme => {
                State::Crc(Box::new(Crc::new(crc_algorithm(algorithm))))
            }
            ChecksumAlgorithm::Sha1 => State::Sha(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            ChecksumAlgorithm::Sha256 => State::Sha256(Sha256::new()),
            ChecksumAlgorithm::Sha512 => State::Sha(Context::new(&SHA512)),
            ChecksumAlgorithm::Md5 => State::Md5(Md5::new()),
            ChecksumAlgorithm::XxHash64 => State::XxHash64(Xxh64::new(0)),
            ChecksumAlgorithm::XxHash3 | ChecksumAlgorithm::XxHash128 => {
                State::XxHash3(Box::new(Xxh3::new()))
            }
        };
        Self { algorithm, state }
    }

    /// The checksum of bytes that are all here.
    pub fn of(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> ChecksumValue {
        let mut hasher = Self::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    pub const fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc(crc) => crc.update(bytes),
            State::Sha(sha) => sha.update(bytes),
            State::Sha256(sha) => sha.update(bytes),
            State::Md5(md5) => md5.update(bytes),
            State::XxHash64(xxh) => xxh.update(bytes),
            State::XxHash3(xxh) => xxh.update(bytes),
        }
    }

    pub fn finish(self) -> ChecksumValue {
        let sized = |bytes: &[u8]| ChecksumValue::sized(self.algorithm, bytes);
        match self.state {
            State::Crc(crc) => crc_value(self.algorithm, crc.finalize()),
            State::Sha(sha) => sized(sha.finish().as_ref()),
            State::Sha256(sha) => sized(&sha.finish()),
            State::Md5(md5) => sized(&md5.finish()),
            State::XxHash64(xxh) => sized(&xxh.digest().to_be_bytes()),
            State::XxHash3(xxh) if self.algorithm == ChecksumAlgorithm::XxHash128 => {
                sized(&xxh.digest128().to_be_bytes())
            }
            State::XxHash3(xxh) => sized(&xxh.digest().to_be_bytes()),
        }
    }
}

/// The CRC behind an S3 name; for every other algorithm S3's default one, which no caller asks for.
fn crc_algorithm(algorithm: ChecksumAlgorithm) -> CrcAlgorithm {
    match algorithm {
        ChecksumAlgorithm::Crc32 => CrcAlgorithm::Crc32IsoHdlc,
        ChecksumAlgorithm::Crc32c => CrcAlgorithm::Crc32Iscsi,
        _ => CrcAlgorithm::Crc64Nvme,
    }
}

/// A CRC as the big-endian bytes of its width.
pub(crate) fn crc_value(algorithm: ChecksumAlgorithm, crc: u64) -> ChecksumValue {
    let bytes = crc.to_be_bytes();
    ChecksumValue::sized(algorithm, &bytes[bytes.len() - algorithm.size_bytes()..])
}
