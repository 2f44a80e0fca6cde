//! The file `device`: who this device is. Written once.
//!
//! 48 bytes: marker `SRdevice`, format u32, zero u32, id (16 random bytes), zero u64, XXH3-64 of what precedes.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64;

use super::Mismatch;
use super::fields::{put, take, u32_at, u64_at};

pub const DEVICE_FILE_BYTES: usize = 48;
const MARKER: &[u8; 8] = b"SRdevice";
const FORMAT: u32 = 1;

/// 16 random bytes, drawn when the device is first used.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceId(pub [u8; 16]);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

pub fn encode(id: DeviceId) -> [u8; DEVICE_FILE_BYTES] {
    let mut bytes = [0; DEVICE_FILE_BYTES];
    put(&mut bytes, 0, MARKER);
    put(&mut bytes, 8, &FORMAT.to_le_bytes());
    put(&mut bytes, 16, &id.0);
    let sum = xxh3_64(&bytes[..40]);
    put(&mut bytes, 40, &sum.to_le_bytes());
    bytes
}

pub fn decode(bytes: &[u8]) -> Result<DeviceId, Mismatch> {
    if bytes.len() != DEVICE_FILE_BYTES {
        return Err(Mismatch::new(
            format!("a device file of {DEVICE_FILE_BYTES} bytes"),
            format!("{} bytes", bytes.len()),
        ));
    }
    if take::<8>(bytes, 0) != *MARKER {
        return Err(Mismatch::new("a device marker", format!("{:02x?}", take::<8>(bytes, 0))));
    }
    let (kept, sum) = (u64_at(bytes, 40), xxh3_64(&bytes[..40]));
    if kept != sum {
        return Err(Mismatch::checksum("device file", kept, sum));
    }
    let format = u32_at(bytes, 8);
    if format != FORMAT {
        return Err(Mismatch::new(format!("device format {FORMAT}"), format.to_string()));
    }
    Ok(DeviceId(take(bytes, 16)))
}
