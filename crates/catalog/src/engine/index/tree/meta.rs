//! The meta record: the root of everything, one for each transaction, in three slots at the file's start.
//!
//! A transaction writes the one of two slots that does not hold the last durable record, syncs it, and then copies
//! it to the third without a sync. So a torn write leaves the record before it, and rot in the newest leaves its copy.

use model::Ordinal;
use world::DiskFile;
use xxhash_rust::xxh3::xxh3_64;

use super::piece::{PAGE_BYTES, Piece, read_at};
use crate::Fault;
use crate::engine::index::Applied;

const MARKER: &[u8; 8] = b"SRindex\n";
const FORMAT: u16 = 2;
const HEADER_BYTES: usize = 80;
/// Where the checksummed part begins.
const COVERED_AT: usize = 16;
pub const SLOT_PAGES: u32 = 8;
pub const SLOTS: u32 = 3;
/// The slot of the copy.
pub const ECHO: u32 = 2;
const SLOT_BYTES: usize = SLOT_PAGES as usize * PAGE_BYTES;
pub const REGIONS_MAX: usize = (SLOT_BYTES - HEADER_BYTES) / Piece::ENCODED_BYTES;
const REGIONS_IN_A_PAGE: usize = (PAGE_BYTES - HEADER_BYTES) / Piece::ENCODED_BYTES;
/// A tree of two children a branch would be higher than its pages are many.
const HEIGHT_MAX: u8 = 32;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The transaction that wrote it.
    pub txn: u64,
    pub applied: Applied,
    pub rows: u64,
    /// Levels of the tree; 0 when there are no rows.
    pub height: u8,
    pub root: Piece,
    /// The bitmap of each region.
    pub regions: Vec<Piece>,
}

impl Meta {
    pub fn encode(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(HEADER_BYTES + self.regions.len() * Piece::ENCODED_BYTES);
        record.extend_from_slice(MARKER);
        record.extend_from_slice(&[0; 8]);
        record.extend_from_slice(&FORMAT.to_le_bytes());
        record.extend_from_slice(&u16::from(self.height).to_le_bytes());
        record.extend_from_slice(&(self.regions.len() as u32).to_le_bytes());
        let words = [self.txn, self.applied.sequence, self.applied.ordinal.as_u64(), self.rows];
        words.iter().for_each(|word| record.extend_from_slice(&word.to_le_bytes()));
        record.extend_from_slice(&self.root.encode());
        record.extend_from_slice(&[0; 8]);
        self.regions.iter().for_each(|region| record.extend_from_slice(&region.encode()));
        let sum = xxh3_64(&record[COVERED_AT..]);
        record[8..COVERED_AT].copy_from_slice(&sum.to_le_bytes());
        record
    }

    /// `None` unless a whole record begins here.
    fn decode(slot: &[u8]) -> Option<Self> {
        let header = slot.first_chunk::<HEADER_BYTES>()?;
        let word = |at: usize| header[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        let half = |at: usize| header[at..].first_chunk().map_or(0, |half| u16::from_le_bytes(*half));
        let regions = (word(16) >> 32) as usize;
        let record = slot.get(..HEADER_BYTES + regions.checked_mul(Piece::ENCODED_BYTES)?)?;
        if &header[..8] != MARKER || word(8) != xxh3_64(&record[COVERED_AT..]) || half(16) != FORMAT {
            return None;
        }
        let pieces = record[HEADER_BYTES..].as_chunks().0;
        Some(Self {
            // Nobody gets to the last number: there is always a next one.
            txn: Some(word(24)).filter(|txn| *txn < u64::MAX >> 1)?,
            applied: Applied { sequence: word(32), ordinal: Ordinal::from_u64(word(40)) },
            rows: word(48),
            height: u8::try_from(half(18)).ok().filter(|height| *height <= HEIGHT_MAX)?,
            root: Piece::decode(*header[56..].first_chunk()?),
            regions: pieces.iter().map(|piece| Piece::decode(*piece)).collect(),
        })
    }

    /// The record in a slot; most fit into its first page.
    fn read(file: &dyn DiskFile, slot: u32) -> Result<Option<Self>, Fault> {
        let mut bytes = vec![0; PAGE_BYTES];
        read_at(file, &mut bytes, slot * SLOT_PAGES)?;
        let regions = bytes[20..].first_chunk().map_or(0, |count| u32::from_le_bytes(*count)) as usize;
        if bytes.starts_with(MARKER) && (REGIONS_IN_A_PAGE + 1..=REGIONS_MAX).contains(&regions) {
            bytes.resize(SLOT_BYTES, 0);
            read_at(file, &mut bytes, slot * SLOT_PAGES)?;
        }
        Ok(Self::decode(&bytes))
    }

    /// The newest record, and the slot of the two that the next one is not to be written to.
    pub fn newest(file: &dyn DiskFile) -> Result<(Self, u32), Fault> {
        let mut newest: Option<(Self, u32)> = None;
        for slot in 0..SLOTS {
            // A copy that is no newer tells nothing; alone, it leaves the slot of the older record in place.
            if let Some(meta) = Self::read(file, slot)?
                && newest.as_ref().is_none_or(|(found, _)| found.txn < meta.txn)
            {
                let kept = if slot == ECHO { newest.map_or(0, |(_, older)| older) } else { slot };
                newest = Some((meta, kept));
            }
        }
        newest.ok_or_else(|| {
            Fault::corrupt("index/tree", "none of the three records at its start is whole in this format")
        })
    }

    pub fn write(&self, file: &dyn DiskFile, slot: u32) -> Result<(), Fault> {
        write(file, &self.encode(), slot)
    }
}

/// Makes a slot hold no record.
pub fn erase(file: &dyn DiskFile, slot: u32) -> Result<(), Fault> {
    write(file, &[0; HEADER_BYTES], slot)
}

fn write(file: &dyn DiskFile, record: &[u8], slot: u32) -> Result<(), Fault> {
    let offset = u64::from(slot * SLOT_PAGES) * PAGE_BYTES as u64;
    file.write_all_at(record, offset).map_err(Fault::io("writing the index's record"))
}

#[cfg(test)]
mod tests {
    use world::Disk as _;

    use super::super::tests::ram::Ram;
    use super::*;

    #[test]
    fn records_of_every_length_come_back_from_any_slot() {
        for (slot, regions) in
            [0, 1, REGIONS_IN_A_PAGE, REGIONS_IN_A_PAGE + 1, REGIONS_MAX].into_iter().enumerate()
        {
            let slot = slot as u32 % SLOTS;
            let regions = (0..regions as u32).map(|page| Piece { page, bytes: 4, sum: 5 }).collect();
            let meta = Meta { txn: 9, rows: 3, height: 2, regions, ..Meta::default() };
            let file = Ram::default().create("records").unwrap();
            file.set_len(u64::from(SLOTS) * SLOT_BYTES as u64).unwrap();
            assert!(Meta::newest(&*file).is_err());
            meta.write(&*file, slot).unwrap();
            let kept = if slot == ECHO { 0 } else { slot };
            assert_eq!(Meta::newest(&*file).unwrap(), (meta, kept));
            erase(&*file, slot).unwrap();
            assert!(Meta::newest(&*file).is_err());
        }
    }
}
