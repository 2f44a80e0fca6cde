//! What a body is cut into, and whose it is.

use bytes::Bytes;
use volume::Extent;

use crate::fault::Fault;

/// A body is cut into chunks of so many bytes; the last one, and any under memory pressure, is shorter.
pub const CHUNK_BYTES: usize = 1024 * 1024;
pub use volume::OWNER_BYTES_MAX;

/// Where one chunk lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkRef {
    pub device: u16,
    pub volume: u32,
    /// A multiple of 4096.
    pub offset: u64,
    /// Bytes of payload.
    pub length: u32,
}

impl ChunkRef {
    pub(crate) const fn of(device: u16, extent: Extent) -> Self {
        Self { device, volume: extent.volume, offset: extent.offset, length: extent.length }
    }

    pub(crate) const fn extent(&self) -> Extent {
        Extent { volume: self.volume, offset: self.offset, length: self.length }
    }
}

/// Recorded beside the bytes so that a sweep can ask who they were for. The store doesn't interpret it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner(Bytes);

impl Owner {
    /// At most `OWNER_BYTES_MAX` bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, Fault> {
        let bytes = bytes.into();
        if bytes.len() > OWNER_BYTES_MAX {
            let (bytes, max) = (bytes.len() as u64, OWNER_BYTES_MAX as u64);
            return Err(Fault::TooLarge { what: "an owner", bytes, max });
        }
        Ok(Self(bytes))
    }

    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Of a record that a volume holds, whose limit is the same.
    pub(crate) const fn recorded(bytes: Bytes) -> Self {
        Self(bytes)
    }
}
