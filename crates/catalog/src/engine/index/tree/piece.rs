//! A piece of the file and the proof of its bytes: all that ever points anywhere in the index is one of these.
//!
//! Whoever points holds the checksum of what is pointed at, so that the tree proves itself from its root down: rot, a
//! page that was written elsewhere and one that was never written are all found alike.

use world::DiskFile;
use xxhash_rust::xxh3::xxh3_64;

use crate::Fault;

pub const PAGE_BYTES: usize = 4096;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins, in pages from the file's start.
    pub page: u32,
    /// What it fills its pages with; the rest of the last one means nothing and is never read.
    pub bytes: u32,
    /// XXH3-64.
    pub sum: u64,
}

impl Piece {
    pub const ENCODED_BYTES: usize = 16;

    pub fn of(page: u32, bytes: &[u8]) -> Self {
        Self { page, bytes: bytes.len() as u32, sum: xxh3_64(bytes) }
    }

    pub const fn pages(self) -> u32 {
        self.bytes.div_ceil(PAGE_BYTES as u32)
    }

    pub const fn offset(self) -> u64 {
        self.page as u64 * PAGE_BYTES as u64
    }

    pub fn encode(self) -> [u8; Self::ENCODED_BYTES] {
        let mut encoded = [0; Self::ENCODED_BYTES];
        encoded[..4].copy_from_slice(&self.page.to_le_bytes());
        encoded[4..8].copy_from_slice(&self.bytes.to_le_bytes());
        encoded[8..].copy_from_slice(&self.sum.to_le_bytes());
        encoded
    }

    pub fn decode(encoded: [u8; Self::ENCODED_BYTES]) -> Self {
        let all = u128::from_le_bytes(encoded);
        Self { page: all as u32, bytes: (all >> 32) as u32, sum: (all >> 64) as u64 }
    }

    /// Its bytes, proven.
    pub fn read(self, file: &dyn DiskFile) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![0; self.bytes as usize];
        read_at(file, &mut bytes, self.page)?;
        match xxh3_64(&bytes) {
            sum if sum == self.sum => Ok(bytes),
            found => Err(self.corrupt(format!("checksum {found:016x} found, {:016x} expected", self.sum))),
        }
    }

    pub fn corrupt(self, detail: impl AsRef<str>) -> Fault {
        Fault::corrupt(format!("index page {}", self.page), detail)
    }
}

/// A file that ends too early was cut: that is corruption and no failure of the device.
pub fn read_at(file: &dyn DiskFile, buf: &mut [u8], page: u32) -> Result<(), Fault> {
    file.read_exact_at(buf, u64::from(page) * PAGE_BYTES as u64).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            Fault::corrupt(format!("index page {page}"), "the file ends before it")
        }
        _ => Fault::io("reading the index")(error),
    })
}
