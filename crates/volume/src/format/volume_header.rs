//! The first block of a volume file: whose it is. Written once, when the volume is prepared.

use xxhash_rust::xxh3::xxh3_64;

use super::fields::{put, take, u32_at, u64_at};
use super::{BLOCK_BYTES, DeviceId, Mismatch, Seed};

/// The first record begins here.
pub const RECORDS_START: u64 = BLOCK_BYTES;
/// What of the block carries fields; the rest is zero.
pub const VOLUME_HEADER_BYTES: usize = 64;
const MARKER: &[u8; 8] = b"SRvolume";
const FORMAT: u32 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeHeader {
    pub device: DeviceId,
    pub volume: u32,
    /// Random, drawn for each file.
    pub generation: u64,
    /// The file's length while it is open for appending.
    pub size: u64,
    /// The epoch in which it was prepared.
    pub epoch: u64,
}

impl VolumeHeader {
    pub fn seed(&self) -> Seed {
        Seed::of(self.device, self.volume, self.generation)
    }

    pub fn encode(&self) -> [u8; VOLUME_HEADER_BYTES] {
        let mut bytes = [0; VOLUME_HEADER_BYTES];
        put(&mut bytes, 0, MARKER);
        put(&mut bytes, 8, &FORMAT.to_le_bytes());
        put(&mut bytes, 12, &self.volume.to_le_bytes());
        put(&mut bytes, 16, &self.device.0);
        put(&mut bytes, 32, &self.generation.to_le_bytes());
        put(&mut bytes, 40, &self.size.to_le_bytes());
        put(&mut bytes, 48, &self.epoch.to_le_bytes());
        let sum = xxh3_64(&bytes[..56]);
        put(&mut bytes, 56, &sum.to_le_bytes());
        bytes
    }

    /// `bytes` are at least the first `VOLUME_HEADER_BYTES` of the file.
    pub fn decode(bytes: &[u8; VOLUME_HEADER_BYTES]) -> Result<Self, Mismatch> {
        if take::<8>(bytes, 0) != *MARKER {
            return Err(Mismatch::new("a volume marker", format!("{:02x?}", take::<8>(bytes, 0))));
        }
        let (kept, sum) = (u64_at(bytes, 56), xxh3_64(&bytes[..56]));
        if kept != sum {
            return Err(Mismatch::checksum("volume header", kept, sum));
        }
        let format = u32_at(bytes, 8);
        if format != FORMAT {
            return Err(Mismatch::new(format!("volume format {FORMAT}"), format.to_string()));
        }
        Ok(Self {
            device: DeviceId(take(bytes, 16)),
            volume: u32_at(bytes, 12),
            generation: u64_at(bytes, 32),
            size: u64_at(bytes, 40),
            epoch: u64_at(bytes, 48),
        })
    }
}
