//! Packs: many pieces in one file, with a table of them at its end. docs/formats/backup.md draws them.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::codec::{Fields, Name};
use crate::fault::Fault;

/// What a pack holds at most, but for a single longer piece.
pub(crate) const PACK_BYTES: usize = 16 << 20;
const MARKER: &[u8; 8] = b"SRPACK\0\x01";
const TABLE_MARKER: &[u8; 8] = b"SRTABL\0\x01";
const ENTRY_BYTES: usize = 68;
/// The count of the table, its sum.
const TAIL_BYTES: usize = 4 + 32;

/// On its way into a pack.
pub(crate) struct Piece {
    pub name: Name,
    /// SHA-256 of its bytes.
    pub sum: Name,
    pub bytes: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: Name,
    /// SHA-256 of the piece.
    pub sum: Name,
    /// In the pack.
    pub offset: u32,
    pub length: u32,
}

/// The pieces of a pack, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub pack: Name,
    pub entries: Vec<Entry>,
}

impl Table {
    /// Of the whole pack.
    pub fn file_bytes(&self) -> u64 {
        let end = self
            .entries
            .last()
            .map_or(MARKER.len() as u64, |last| u64::from(last.offset) + u64::from(last.length));
        end + (TABLE_MARKER.len() + self.entries.len() * ENTRY_BYTES + TAIL_BYTES) as u64
    }

    pub fn put_entries(&self, out: &mut Vec<u8>) {
        for entry in &self.entries {
            out.extend_from_slice(&entry.name);
            out.extend_from_slice(&entry.sum);
            out.extend_from_slice(&entry.length.to_be_bytes());
        }
    }

    pub fn take_entries(fields: &mut Fields<'_>, count: u32) -> Result<Vec<Entry>, Fault> {
        let mut offset = MARKER.len() as u32;
        let mut entries = Vec::new();
        for _ in 0..count {
            let (name, sum, length) = (fields.array()?, fields.array()?, fields.u32()?);
            entries.push(Entry { name, sum, offset, length });
            offset = offset
                .checked_add(length)
                .ok_or_else(|| Fault::damaged("a table", "its pack is too long"))?;
        }
        Ok(entries)
    }
}

/// The pack's file and its table. Blocks for the sum.
pub(crate) fn build(pieces: Vec<Piece>) -> (Bytes, Table) {
    let held: usize = pieces.iter().map(|piece| piece.bytes.len()).sum();
    let mut file = BytesMut::with_capacity(held + 64 + pieces.len() * ENTRY_BYTES);
    file.put_slice(MARKER);
    let mut entries = Vec::with_capacity(pieces.len());
    for Piece { name, sum, bytes } in pieces {
        entries.push(Entry { name, sum, offset: file.len() as u32, length: bytes.len() as u32 });
        file.put_slice(&bytes);
    }
    let mut table = Table { pack: [0; 32], entries };
    let mut tail = TABLE_MARKER.to_vec();
    table.put_entries(&mut tail);
    tail.extend_from_slice(&(table.entries.len() as u32).to_be_bytes());
    let sum = digest::sha256(&tail);
    file.put_slice(&tail);
    file.put_slice(&sum);
    table.pack = digest::sha256(&file);
    (file.freeze(), table)
}

/// The table of a pack whose every byte is proven by its name. Blocks for the sum.
pub(crate) fn read(pack: Name, file: Bytes) -> Result<Table, Fault> {
    if digest::sha256(&file) != pack {
        return Err(Fault::damaged("a pack", "its checksum is wrong"));
    }
    let short = || Fault::damaged("a pack", "it is too short");
    let tail = file.len().checked_sub(TAIL_BYTES).ok_or_else(short)?;
    let count = Fields::new("a pack", file.slice(tail..)).u32()?;
    let table_bytes = TABLE_MARKER.len() + TAIL_BYTES + count as usize * ENTRY_BYTES;
    let start = file.len().checked_sub(table_bytes).ok_or_else(short)?;
    let mut fields = Fields::proven("a pack", file.slice(start..), TABLE_MARKER)?;
    let table = Table { pack, entries: Table::take_entries(&mut fields, count)? };
    let whole = file.starts_with(MARKER) && table.file_bytes() == file.len() as u64;
    if whole { Ok(table) } else { Err(Fault::damaged("a pack", "its table is of another one")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::*;

    fn specimen() -> (Bytes, Table) {
        let piece = |number, bytes: &'static [u8]| Piece {
            name: [number; 32],
            sum: digest::sha256(bytes),
            bytes: Bytes::from_static(bytes),
        };
        build(vec![piece(1, b"one"), piece(2, b"three")])
    }

    #[test]
    fn format_1_is_frozen() {
        let (file, table) = specimen();
        assert_eq!(file, include_bytes!("../tests/pack-format-1.bin")[..]);
        assert_eq!(read(table.pack, file.clone()).unwrap(), table);
        let three = &table.entries[1];
        assert_eq!(file.slice(three.offset as usize..).slice(..three.length as usize), b"three"[..]);
    }

    #[test]
    fn any_changed_byte_is_told() {
        let (file, table) = specimen();
        for at in 0..file.len() {
            let mut changed = file.to_vec();
            changed[at] ^= 1;
            assert!(read(table.pack, changed.into()).is_err(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let bytes = Bytes::from(bytes);
            let _ = read(digest::sha256(&bytes), bytes);
        }
    }
}
