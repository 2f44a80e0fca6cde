//! What a body is cut into, where its shards lie, and whose it is.

use bytes::Bytes;
use erasure::Layout;
use smallvec::SmallVec;
use volume::{Coding, Extent};

use crate::fault::Fault;

/// A body is cut into chunks of so many bytes; the last one, and any under memory pressure, is shorter.
pub const CHUNK_BYTES: usize = 1024 * 1024;
pub use volume::OWNER_BYTES_MAX;

/// Where one record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub device: u16,
    pub volume: u32,
    /// A multiple of 4096.
    pub offset: u64,
}

/// Shard by shard. One alone needs no memory of its own.
pub type Places = SmallVec<[Place; 1]>;

/// A run of a body's bytes, coded, and where its shards lie.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chunk {
    /// Bytes of the body.
    pub length: u32,
    /// Recorded with each of its shards, so that no other record is ever taken for one of them. 0: uncoded.
    pub id: u128,
    pub layout: Layout,
    /// As many as the layout has shards, data first.
    pub places: Places,
}

impl Chunk {
    /// A record that is all of a chunk.
    pub fn whole(place: Place, length: u32) -> Self {
        Self { length, id: 0, layout: Layout::WHOLE, places: SmallVec::from_buf([place]) }
    }

    pub fn is_whole(&self) -> bool {
        self.id == 0 && self.layout == Layout::WHOLE
    }

    /// What is recorded with shard `index`.
    pub(crate) fn coding(&self, index: usize) -> Coding {
        if self.is_whole() {
            return Coding::WHOLE;
        }
        let (data_shards, parity_shards) = (self.layout.data, self.layout.parity);
        Coding { chunk: self.id, shard: index as u8, data_shards, parity_shards }
    }

    /// What shard `index` fills on its device.
    pub(crate) fn extent(&self, index: usize) -> Extent {
        let Place { volume, offset, .. } = self.places[index];
        Extent { volume, offset, length: self.layout.stored_bytes(self.length as usize, index as u8) as u32 }
    }

    /// What its shards fill on their devices, but for their owners.
    pub fn stored_bytes(&self) -> u64 {
        (0..self.places.len()).map(|index| volume::extent_bytes_at_least(self.extent(index).length)).sum()
    }

    /// Its shards one by one, each as a record of its own: for what only deletes.
    pub fn records(&self) -> impl Iterator<Item = Self> + '_ {
        (0..self.places.len()).map(|index| Self::whole(self.places[index], self.extent(index).length))
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
