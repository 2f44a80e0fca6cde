//! The index on LMDB: a copy-on-write B+tree in one file, read through a memory map.
//!
//! Every application is one LMDB transaction in its safe sync mode. A row is stored as its value and the low 32
//! bits of the XXH3 of both, since LMDB's pages carry no checksum of their own; a row that does not
//! match is `Corrupt`, never handed out. It knows nothing about journals or memtables.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use heed::types::Bytes as Raw;
use heed::{Database, Env, EnvOpenOptions, MdbError, RoRange, RoTxn, WithoutTls};
use model::Ordinal;
use world::{Disk, DiskFile, RealDisk};
use xxhash_rust::xxh3::xxh3_64;

use super::{Applied, Index, IndexCursor, IndexRead, IndexRow, IndexWrite};
use crate::Fault;

const DIRECTORY: &str = "index";
const ROWS: &str = "rows";
const META: &str = "meta";
const APPLIED: &[u8] = b"applied";
/// The marker of the `applied` record: format 1.
const APPLIED_FORMAT: u32 = u32::from_le_bytes(*b"SRI1");
const SUM_BYTES: usize = 4;
/// The file grows in steps of this, so that few checkpoints change its length.
const GROWTH_STEP_BYTES: u64 = 4 << 20;

type Rows = Database<Raw, Raw>;

#[derive(Clone, Copy, Debug)]
pub struct LmdbOptions {
    /// Address space for the map: the most that the index can ever hold. It costs no memory.
    pub map_bytes: usize,
    /// Points in time that may be read at once.
    pub readers_max: u32,
    /// Space kept allocated beyond what is used, so that deletes can be applied on a full disk. A small index
    /// keeps as much as it uses.
    pub reserve_bytes_max: u64,
}

impl Default for LmdbOptions {
    fn default() -> Self {
        Self { map_bytes: 1 << 40, readers_max: 4096, reserve_bytes_max: 128 << 20 }
    }
}

pub struct LmdbIndex {
    env: Env<WithoutTls>,
    rows: Rows,
    meta: Rows,
    file: Arc<dyn DiskFile>,
    reserve_bytes_max: u64,
}

impl LmdbIndex {
    /// Opens or makes the index in the device's directory `index/`. One process and one handle at a time.
    pub fn open(disk: &RealDisk, options: LmdbOptions) -> Result<Self, Fault> {
        disk.create_dir(DIRECTORY).map_err(Fault::io("making the index directory"))?;
        disk.sync_dir("").map_err(Fault::io("syncing the device's directory"))?;
        let mut open = EnvOpenOptions::new().read_txn_without_tls();
        open.map_size(options.map_bytes).max_readers(options.readers_max).max_dbs(2);
        #[expect(unsafe_code, reason = "LMDB maps its file; the device's lock keeps other processes from it")]
        let env = unsafe { open.open(disk.root().join(DIRECTORY)) }.map_err(fault)?;
        let mut txn = env.write_txn().map_err(fault)?;
        let rows = env.create_database(&mut txn, Some(ROWS)).map_err(fault)?;
        let meta = env.create_database(&mut txn, Some(META)).map_err(fault)?;
        txn.commit().map_err(fault)?;
        disk.sync_dir(DIRECTORY).map_err(Fault::io("syncing the index directory"))?;
        let file = disk.open("index/data.mdb").map_err(Fault::io("opening the index file"))?;
        Ok(Self { env, rows, meta, file, reserve_bytes_max: options.reserve_bytes_max })
    }

    fn used_bytes(&self) -> u64 {
        (self.env.info().last_page_number as u64 + 1) * u64::from(self.env.stat().page_size)
    }
}

impl Index for LmdbIndex {
    fn applied(&self) -> Result<Applied, Fault> {
        let txn = self.env.read_txn().map_err(fault)?;
        match self.meta.get(&txn, APPLIED).map_err(fault)? {
            Some(record) => decode_applied(record),
            None => Ok(Applied::default()),
        }
    }

    fn read(&self) -> Result<Box<dyn IndexRead>, Fault> {
        let txn = self.env.clone().static_read_txn().map_err(fault)?;
        Ok(Box::new(LmdbRead { txn, rows: self.rows }))
    }

    fn apply(
        &self,
        writes: &mut dyn Iterator<Item = IndexWrite<'_>>,
        applied: Option<Applied>,
    ) -> Result<(), Fault> {
        let mut txn = self.env.write_txn().map_err(fault)?;
        let mut stored = Vec::new();
        for (key, value) in writes {
            match value {
                Some(value) => {
                    stored.clear();
                    stored.extend_from_slice(value);
                    stored.extend_from_slice(&sum(key, value).to_le_bytes());
                    self.rows.put(&mut txn, key, &stored).map_err(fault)?;
                }
                None => drop(self.rows.delete(&mut txn, key).map_err(fault)?),
            }
        }
        if let Some(applied) = applied {
            self.meta.put(&mut txn, APPLIED, &encode_applied(applied)).map_err(fault)?;
        }
        txn.commit().map_err(fault)
    }

    fn reserve(&self) -> Result<(), Fault> {
        let used = self.used_bytes();
        let wanted = used + used.clamp(GROWTH_STEP_BYTES, self.reserve_bytes_max.max(GROWTH_STEP_BYTES));
        let length = self.file.len().map_err(Fault::io("measuring the index file"))?;
        if length >= wanted {
            return Ok(());
        }
        self.file
            .allocate(wanted.next_multiple_of(GROWTH_STEP_BYTES))
            .and_then(|()| self.file.sync_all())
            .map_err(Fault::io("allocating the index's reserve"))
    }
}

struct LmdbRead {
    txn: RoTxn<'static, WithoutTls>,
    rows: Rows,
}

impl IndexRead for LmdbRead {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        match self.rows.get(&self.txn, key).map_err(fault)? {
            Some(stored) => proven(key, stored).map(|value| Some(Bytes::copy_from_slice(value))),
            None => Ok(None),
        }
    }

    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor<'a> + 'a>, Fault> {
        Ok(Box::new(LmdbCursor { read: self, range: self.range(start)? }))
    }

    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        // LMDB knows no empty key: nothing stands before it.
        if end.is_empty() {
            return Ok(None);
        }
        let row = self.rows.get_lower_than(&self.txn, end).map_err(fault)?;
        Ok(row.filter(|(key, _)| *key >= start).map(|(key, _)| key.to_vec()))
    }
}

impl LmdbRead {
    fn range(&self, start: &[u8]) -> Result<RoRange<'_, Raw, Raw>, Fault> {
        let from = if start.is_empty() { Bound::Unbounded } else { Bound::Included(start) };
        self.rows.range(&self.txn, &(from, Bound::Unbounded)).map_err(fault)
    }
}

struct LmdbCursor<'a> {
    read: &'a LmdbRead,
    range: RoRange<'a, Raw, Raw>,
}

impl<'a> IndexCursor<'a> for LmdbCursor<'a> {
    fn next(&mut self) -> Result<Option<IndexRow<'a>>, Fault> {
        match self.range.next().transpose().map_err(fault)? {
            Some((key, stored)) => Ok(Some((key, proven(key, stored)?))),
            None => Ok(None),
        }
    }

    fn seek(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.range = self.read.range(key)?;
        Ok(())
    }
}

fn sum(key: &[u8], value: &[u8]) -> u32 {
    // Two one-shot hashes cost half of one streamed over both. Rows are small and many: 32 bits miss rot once
    // in four thousand million.
    let both = xxh3_64(value) ^ xxh3_64(key).rotate_left(32);
    (both & u64::from(u32::MAX)) as u32
}

fn proven<'a>(key: &[u8], stored: &'a [u8]) -> Result<&'a [u8], Fault> {
    let rotten = |detail: &str| Fault::corrupt(format!("index row {}", key.escape_ascii()), detail);
    let (value, found) =
        stored.split_last_chunk::<SUM_BYTES>().ok_or_else(|| rotten("shorter than its checksum"))?;
    let (expected, found) = (sum(key, value), u32::from_le_bytes(*found));
    if expected == found {
        return Ok(value);
    }
    Err(rotten(&format!("checksum {found:08x} found, {expected:08x} expected")))
}

/// `SRI1`, sequence, ordinal, checksum of the twenty bytes before: all little-endian.
fn encode_applied(applied: Applied) -> [u8; 24] {
    let mut record = [0; 24];
    record[..4].copy_from_slice(&APPLIED_FORMAT.to_le_bytes());
    record[4..12].copy_from_slice(&applied.sequence.to_le_bytes());
    record[12..20].copy_from_slice(&applied.ordinal.as_u64().to_le_bytes());
    let check = sum(APPLIED, &record[..20]);
    record[20..].copy_from_slice(&check.to_le_bytes());
    record
}

fn decode_applied(record: &[u8]) -> Result<Applied, Fault> {
    let body = proven(APPLIED, record)?;
    let (format, rest) = body.split_at_checked(4).unwrap_or_default();
    let numbers = rest.split_first_chunk::<8>().and_then(|(sequence, ordinal)| {
        Some((u64::from_le_bytes(*sequence), u64::from_le_bytes(ordinal.try_into().ok()?)))
    });
    match numbers {
        Some((sequence, ordinal)) if format == APPLIED_FORMAT.to_le_bytes() => {
            Ok(Applied { sequence, ordinal: Ordinal::from_u64(ordinal) })
        }
        _ => Err(Fault::corrupt("index: applied", "not a format this release reads")),
    }
}

fn fault(error: heed::Error) -> Fault {
    match error {
        heed::Error::Io(source) => Fault::io("using the index")(source),
        heed::Error::Mdb(MdbError::MapFull) => Fault::NoSpace,
        heed::Error::Mdb(kind @ (MdbError::PageNotFound | MdbError::Corrupted | MdbError::Invalid)) => {
            Fault::corrupt("index", kind.to_string())
        }
        other => Fault::Index(other.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotten_row_is_corrupt_and_never_a_value() {
        let mut stored = b"value".to_vec();
        stored.extend_from_slice(&sum(b"key", b"value").to_le_bytes());
        assert_eq!(proven(b"key", &stored).ok(), Some(&b"value"[..]));
        for at in 0..stored.len() {
            let mut rotten = stored.clone();
            rotten[at] ^= 0x10;
            assert!(matches!(proven(b"key", &rotten), Err(Fault::Corrupt { .. })), "byte {at}");
        }
        assert!(matches!(proven(b"kex", &stored), Err(Fault::Corrupt { .. })));
        assert!(matches!(proven(b"key", b"abc"), Err(Fault::Corrupt { .. })));
    }

    #[test]
    fn the_applied_record_reads_back_and_refuses_rot() {
        let applied = Applied { sequence: 7, ordinal: Ordinal::from_u64(99) };
        assert_eq!(decode_applied(&encode_applied(applied)).ok(), Some(applied));
        let mut rotten = encode_applied(applied);
        rotten[5] ^= 1;
        assert!(matches!(decode_applied(&rotten), Err(Fault::Corrupt { .. })));
    }
}
