//! The bytes on a device, each kind beside its reader: `docs/formats/volume.md` draws them.
//!
//! Pure: no file is touched here. All numbers are little-endian.

pub mod device;
mod fields;
pub mod grave;
pub mod hole;
pub mod ledger;
pub mod record_header;
pub mod volume_header;

use xxhash_rust::xxh3::xxh3_64;

pub use device::DeviceId;

/// Everything in a volume begins on such a boundary, so that a torn write never touches a neighbour.
pub const BLOCK_BYTES: u64 = 4096;

/// No volume is so long: what claims to lie behind it was never written.
pub(crate) const VOLUME_BYTES_END: u64 = 1 << 50;

pub const fn round_up_to_block(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK_BYTES) * BLOCK_BYTES
}

/// Mixed into the checksum of every record header: bytes that another volume, or an earlier file of the same
/// number, left in recycled blocks never validate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    pub fn of(device: DeviceId, volume: u32, generation: u64) -> Self {
        let mut bytes = [0; 28];
        bytes[..16].copy_from_slice(&device.0);
        bytes[16..20].copy_from_slice(&volume.to_le_bytes());
        bytes[20..].copy_from_slice(&generation.to_le_bytes());
        Self(xxh3_64(&bytes))
    }
}

/// Why bytes are not what they should be, in words for the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub expected: String,
    pub found: String,
}

impl Mismatch {
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }

    pub fn checksum(what: &str, expected: u64, found: u64) -> Self {
        Self::new(format!("{what} checksum {expected:016x}"), format!("{found:016x}"))
    }
}
