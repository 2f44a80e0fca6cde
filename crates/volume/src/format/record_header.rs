//! The 80 bytes before a record's payload. Each record can be checked alone.
//!
//! A record is header, payload, owner, zeros up to the next block: the owner comes last so that who knows the
//! payload's length reads all it must verify with one read. The header's checksum covers the record's own place. It
//! is never written again: what dies is noted in the graves and then punched away.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::fields::{put, take, u16_at, u32_at, u64_at};
use super::{Mismatch, Seed, round_up_to_block};

pub const RECORD_HEADER_BYTES: usize = 80;
const MARKER: &[u8; 4] = b"SRrc";
const FORMAT: u8 = 1;

/// Which shard of which coded chunk a record holds. Alone means whole: one of one, no parity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coding {
    /// The same in all shards of one chunk; 0 when uncoded.
    pub chunk: u128,
    pub shard: u8,
    pub data_shards: u8,
    pub parity_shards: u8,
}

impl Coding {
    pub const WHOLE: Self = Self { chunk: 0, shard: 0, data_shards: 1, parity_shards: 0 };
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chunk, shard, data_shards, parity_shards } = self;
        write!(f, "shard {shard} of {data_shards}+{parity_shards} of chunk {chunk:032x}")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// The number of the process-open that wrote it; never falls within a volume.
    pub epoch: u64,
    /// The record's number in its volume, from 0 on without gaps.
    pub sequence: u64,
    /// How many records of the same batch follow. A batch without its last record was never acknowledged.
    pub batch_left: u32,
    pub owner_length: u16,
    pub payload_length: u32,
    pub coding: Coding,
    pub payload_checksum: u64,
    pub owner_checksum: u64,
}

/// What lies at a place where a record may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    Record(RecordHeader),
    /// Zeros: never written, or deleted and punched.
    Nothing,
    Foreign(Mismatch),
}

impl RecordHeader {
    /// The blocks that the record fills, in bytes.
    pub const fn extent_bytes(&self) -> u64 {
        extent_bytes(self.payload_length, self.owner_length)
    }

    pub fn encode(&self, seed: Seed, offset: u64) -> [u8; RECORD_HEADER_BYTES] {
        let mut bytes = [0; RECORD_HEADER_BYTES];
        put(&mut bytes, 0, MARKER);
        bytes[4] = FORMAT;
        put(&mut bytes, 8, &self.epoch.to_le_bytes());
        put(&mut bytes, 16, &self.sequence.to_le_bytes());
        put(&mut bytes, 24, &self.batch_left.to_le_bytes());
        put(&mut bytes, 28, &self.owner_length.to_le_bytes());
        bytes[30] = self.coding.data_shards;
        bytes[31] = self.coding.parity_shards;
        bytes[32] = self.coding.shard;
        put(&mut bytes, 36, &self.payload_length.to_le_bytes());
        put(&mut bytes, 40, &self.coding.chunk.to_le_bytes());
        put(&mut bytes, 56, &self.payload_checksum.to_le_bytes());
        put(&mut bytes, 64, &self.owner_checksum.to_le_bytes());
        let sum = checksum(&bytes, seed, offset);
        put(&mut bytes, 72, &sum.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8; RECORD_HEADER_BYTES], seed: Seed, offset: u64) -> Sight {
        if bytes.iter().all(|byte| *byte == 0) {
            return Sight::Nothing;
        }
        if take::<4>(bytes, 0) != *MARKER {
            return foreign("a record marker", format!("{:02x?}", take::<4>(bytes, 0)));
        }
        let (kept, sum) = (u64_at(bytes, 72), checksum(bytes, seed, offset));
        if kept != sum {
            return Sight::Foreign(Mismatch::checksum("record header", kept, sum));
        }
        if bytes[4] != FORMAT {
            return foreign(&format!("record format {FORMAT}"), bytes[4].to_string());
        }
        Sight::Record(Self {
            epoch: u64_at(bytes, 8),
            sequence: u64_at(bytes, 16),
            batch_left: u32_at(bytes, 24),
            owner_length: u16_at(bytes, 28),
            payload_length: u32_at(bytes, 36),
            coding: Coding {
                chunk: u128::from_le_bytes(take(bytes, 40)),
                shard: bytes[32],
                data_shards: bytes[30],
                parity_shards: bytes[31],
            },
            payload_checksum: u64_at(bytes, 56),
            owner_checksum: u64_at(bytes, 64),
        })
    }
}

pub const fn extent_bytes(payload_length: u32, owner_length: u16) -> u64 {
    round_up_to_block(RECORD_HEADER_BYTES as u64 + payload_length as u64 + owner_length as u64)
}

fn foreign(expected: &str, found: String) -> Sight {
    Sight::Foreign(Mismatch::new(expected, found))
}

/// Over the header with the record's offset in the checksum's own place.
fn checksum(bytes: &[u8; RECORD_HEADER_BYTES], seed: Seed, offset: u64) -> u64 {
    let mut covered = *bytes;
    put(&mut covered, 72, &offset.to_le_bytes());
    xxh3_64_with_seed(&covered, seed.0)
}
