//! The file `volumes/ledger`: what is known of every volume, so that a start reads one file and not all of them.
//!
//! A lost ledger costs a walk over the volumes, never a record.

use xxhash_rust::xxh3::xxh3_64;

use super::fields::{put, take, u32_at, u64_at};
use super::volume_header::RECORDS_START;
use super::{BLOCK_BYTES, DeviceId, Mismatch, VOLUME_BYTES_END};

const MARKER: &[u8; 8] = b"SRledger";
const FORMAT: u32 = 1;
const HEAD_BYTES: usize = 80;
const ENTRY_BYTES: usize = 64;
const SUM_BYTES: usize = 8;

/// No counter gets there in any life of a device.
const COUNTER_END: u64 = 1 << 62;

const CLEAN: u32 = 1;
const REBUILT: u32 = 2;
const SEALED: u32 = 1;
const DOUBTFUL: u32 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub device: DeviceId,
    /// The number of the process-open that wrote it.
    pub epoch: u64,
    /// Records of epochs up to this one need no sweep.
    pub swept: u64,
    /// Written by an orderly shutdown: every entry is exact and nothing follows the ends.
    pub clean: bool,
    /// The one before was lost: records that vanished with it look like deleted ones until somebody asked for each.
    pub rebuilt: bool,
    /// Never used before; numbers are not used twice.
    pub next_volume: u32,
    /// Which file of graves counts; 0 when there is none.
    pub graves: u64,
    /// So many of its frames are in the entries' `dead_bytes` already.
    pub graves_counted: u64,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub volume: u32,
    pub sealed: bool,
    /// The dead must be counted anew, and the file may be longer than it needs to be.
    pub doubtful: bool,
    pub size: u64,
    /// Sealed: where the last record ends. Open: the last record ends here or behind.
    pub end: u64,
    /// The number of the record that begins at `end`.
    pub sequence: u64,
    /// The epochs of its first and last record.
    pub epoch_first: u64,
    pub epoch_last: u64,
    /// Bytes of extents of deleted records.
    pub dead_bytes: u64,
}

impl Ledger {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEAD_BYTES + self.entries.len() * ENTRY_BYTES + SUM_BYTES];
        put(&mut bytes, 0, MARKER);
        put(&mut bytes, 8, &FORMAT.to_le_bytes());
        let flags = flag(self.clean, CLEAN) | flag(self.rebuilt, REBUILT);
        put(&mut bytes, 12, &flags.to_le_bytes());
        put(&mut bytes, 16, &self.device.0);
        put(&mut bytes, 32, &self.epoch.to_le_bytes());
        put(&mut bytes, 40, &self.swept.to_le_bytes());
        put(&mut bytes, 48, &self.next_volume.to_le_bytes());
        put(&mut bytes, 52, &(self.entries.len() as u32).to_le_bytes());
        put(&mut bytes, 56, &self.graves.to_le_bytes());
        put(&mut bytes, 64, &self.graves_counted.to_le_bytes());
        for (entry, place) in self.entries.iter().zip(bytes[HEAD_BYTES..].chunks_mut(ENTRY_BYTES)) {
            entry.encode(place);
        }
        let at = bytes.len() - SUM_BYTES;
        let sum = xxh3_64(&bytes[..at]);
        put(&mut bytes, at, &sum.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Mismatch> {
        if bytes.len() < HEAD_BYTES + SUM_BYTES || take::<8>(bytes, 0) != *MARKER {
            return Err(Mismatch::new("a ledger marker", format!("{:02x?}", take::<8>(bytes, 0))));
        }
        let at = bytes.len() - SUM_BYTES;
        let (kept, sum) = (u64_at(bytes, at), xxh3_64(&bytes[..at]));
        if kept != sum {
            return Err(Mismatch::checksum("ledger", kept, sum));
        }
        let format = u32_at(bytes, 8);
        if format != FORMAT {
            return Err(Mismatch::new(format!("ledger format {FORMAT}"), format.to_string()));
        }
        let count = u32_at(bytes, 52) as usize;
        if at != HEAD_BYTES + count * ENTRY_BYTES {
            return Err(Mismatch::new(format!("a ledger of {count} entries"), format!("{at} bytes")));
        }
        Ok(Self {
            device: DeviceId(take(bytes, 16)),
            epoch: u64_at(bytes, 32),
            swept: u64_at(bytes, 40),
            clean: u32_at(bytes, 12) & CLEAN != 0,
            rebuilt: u32_at(bytes, 12) & REBUILT != 0,
            next_volume: u32_at(bytes, 48),
            graves: u64_at(bytes, 56),
            graves_counted: u64_at(bytes, 64),
            entries: bytes[HEAD_BYTES..at].chunks(ENTRY_BYTES).map(Entry::decode).collect(),
        })
    }
}

impl Ledger {
    /// Whether arithmetic with it is safe: its checksum tells of rot, not of what a faulty program wrote.
    pub fn is_plausible(&self) -> bool {
        let counters = [self.epoch, self.swept, self.graves, self.graves_counted];
        self.next_volume > 0
            && self.next_volume < u32::MAX
            && counters.iter().all(|counter| *counter < COUNTER_END)
            && self.entries.iter().all(Entry::is_plausible)
    }
}

impl Entry {
    fn is_plausible(&self) -> bool {
        let counters = [self.sequence, self.epoch_first, self.epoch_last];
        self.volume < u32::MAX
            && self.size < VOLUME_BYTES_END
            && (RECORDS_START..VOLUME_BYTES_END).contains(&self.end)
            && self.end.is_multiple_of(BLOCK_BYTES)
            && self.dead_bytes < VOLUME_BYTES_END
            && counters.iter().all(|counter| *counter < COUNTER_END)
    }

    fn encode(&self, place: &mut [u8]) {
        let flags = flag(self.sealed, SEALED) | flag(self.doubtful, DOUBTFUL);
        put(place, 0, &self.volume.to_le_bytes());
        put(place, 4, &flags.to_le_bytes());
        put(place, 8, &self.size.to_le_bytes());
        put(place, 16, &self.end.to_le_bytes());
        put(place, 24, &self.sequence.to_le_bytes());
        put(place, 32, &self.epoch_first.to_le_bytes());
        put(place, 40, &self.epoch_last.to_le_bytes());
        put(place, 48, &self.dead_bytes.to_le_bytes());
    }

    fn decode(place: &[u8]) -> Self {
        let flags = u32_at(place, 4);
        Self {
            volume: u32_at(place, 0),
            sealed: flags & SEALED != 0,
            doubtful: flags & DOUBTFUL != 0,
            size: u64_at(place, 8),
            end: u64_at(place, 16),
            sequence: u64_at(place, 24),
            epoch_first: u64_at(place, 32),
            epoch_last: u64_at(place, 40),
            dead_bytes: u64_at(place, 48),
        }
    }
}

const fn flag(set: bool, bit: u32) -> u32 {
    if set { bit } else { 0 }
}
