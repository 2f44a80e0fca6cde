//! A record on its way to a volume: payload pieces as they came, and their checksums.

use bytes::Bytes;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::fault::Fault;
use crate::format::record_header::{Coding, RECORD_HEADER_BYTES, RecordHeader, extent_bytes};
use crate::format::{Seed, round_up_to_block};

/// Longest payload of one record.
pub const PAYLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Longest owner of one record.
pub const OWNER_BYTES_MAX: usize = 1200;

/// Where a record lies: all that is needed to read it back with one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Extent {
    pub volume: u32,
    /// A multiple of 4096.
    pub offset: u64,
    /// Bytes of payload.
    pub length: u32,
}

/// Payload, and an owner that the volume keeps beside it and doesn't interpret.
#[derive(Clone, Debug)]
pub struct Record {
    owner: Bytes,
    payload: Vec<Bytes>,
    payload_length: u32,
    payload_checksum: u64,
    owner_checksum: u64,
    coding: Coding,
}

impl Record {
    /// The payload is what the pieces say one after the other; they aren't copied. The checksums are reckoned
    /// here, in the caller's thread, to keep them out of the one thread that appends.
    pub fn new(owner: Bytes, payload: Vec<Bytes>) -> Result<Self, Fault> {
        Self::coded(owner, payload, Coding::WHOLE)
    }

    /// As `new`, for one shard of a coded chunk.
    pub fn coded(owner: Bytes, payload: Vec<Bytes>, coding: Coding) -> Result<Self, Fault> {
        let length: usize = payload.iter().map(Bytes::len).sum();
        within("a payload", length, PAYLOAD_BYTES_MAX)?;
        within("an owner", owner.len(), OWNER_BYTES_MAX)?;
        let payload_checksum = match &payload[..] {
            [one] => xxh3_64(one),
            pieces => {
                let mut sum = Xxh3::new();
                pieces.iter().for_each(|piece| sum.update(piece));
                sum.digest()
            }
        };
        Ok(Self {
            owner_checksum: xxh3_64(&owner),
            owner,
            payload,
            payload_length: length as u32,
            payload_checksum,
            coding,
        })
    }

    pub const fn payload_length(&self) -> u32 {
        self.payload_length
    }

    /// What it fills in a volume.
    pub const fn extent_bytes(&self) -> u64 {
        extent_bytes(self.payload_length, self.owner.len() as u16)
    }

    pub(crate) fn header(&self, place: &Place) -> [u8; RECORD_HEADER_BYTES] {
        RecordHeader {
            epoch: place.epoch,
            sequence: place.sequence,
            batch_left: place.batch_left,
            owner_length: self.owner.len() as u16,
            payload_length: self.payload_length,
            coding: self.coding,
            payload_checksum: self.payload_checksum,
            owner_checksum: self.owner_checksum,
        }
        .encode(place.seed, place.offset)
    }

    /// What follows the header, up to the next block.
    pub(crate) fn body<'a>(&'a self, slices: &mut Vec<&'a [u8]>) {
        static ZEROS: [u8; 4096] = [0; 4096];
        slices.extend(self.payload.iter().map(|piece| &piece[..]));
        slices.push(&self.owner);
        let filled = (RECORD_HEADER_BYTES + self.owner.len()) as u64 + u64::from(self.payload_length);
        let padding = round_up_to_block(filled) - filled;
        slices.push(&ZEROS[..padding as usize]);
    }
}

/// What a record without an owner fills in a volume.
pub const fn extent_bytes_at_least(payload_length: u32) -> u64 {
    extent_bytes(payload_length, 0)
}

/// Where a record is going to lie, which its header says too.
pub(crate) struct Place {
    pub seed: Seed,
    pub offset: u64,
    pub epoch: u64,
    pub sequence: u64,
    pub batch_left: u32,
}

fn within(what: &'static str, length: usize, max: usize) -> Result<(), Fault> {
    if length <= max {
        return Ok(());
    }
    Err(Fault::TooLarge { what, bytes: length as u64, max: max as u64 })
}
