//! The row archive: the catalog's rows as they lie in the volumes, for the day on which every copy of the catalog is lost.
//!
//! A *stretch* is a run of rows that are true together: all that changed in a time, or all of a range of keys at a point in
//! time. It is written in *pages*, each a record of its own whose owner tells all that a rebuild must know before it reads
//! one. docs/formats/archive.md draws it.

use bytes::Bytes;
use model::Ordinal;

use super::bytes::{RowError, RowReader, RowWriter};
use super::space::ARCHIVE;

const FORMAT: u8 = 1;
const CHANGES: u8 = b'i';
const RANGE: u8 = b'b';

/// What rows of the archive are true of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stretch {
    /// All that changed after `from`, up to `to`: the newest value of each key, deletions too.
    Changes { from: Ordinal, to: Ordinal },
    /// All rows of a range of keys as of `at`; the one in this place of a round that covers all keys.
    Range { round: Ordinal, place: u32, at: Ordinal },
}

/// One record of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page {
    pub stretch: Stretch,
    /// Its place in the stretch.
    pub number: u32,
    pub is_last: bool,
    pub bytes: u32,
}

/// Names a page. Without a manifest it says that what changed in a time was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveRow {
    pub page: Page,
    /// The keys of a range, the end exclusive and empty for the end of all keys; both empty for changes.
    pub start: Bytes,
    pub end: Bytes,
    pub manifest: Bytes,
}

impl Page {
    /// Of changes that were not kept.
    pub const fn missed(from: Ordinal, to: Ordinal) -> Self {
        Self { stretch: Stretch::Changes { from, to }, number: 0, is_last: true, bytes: 0 }
    }

    /// What is recorded beside it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        match self.stretch {
            Stretch::Changes { from, to } => {
                bytes.push(CHANGES);
                bytes.extend_from_slice(&from.as_u64().to_be_bytes());
                bytes.extend_from_slice(&to.as_u64().to_be_bytes());
            }
            Stretch::Range { round, place, at } => {
                bytes.push(RANGE);
                bytes.extend_from_slice(&round.as_u64().to_be_bytes());
                bytes.extend_from_slice(&place.to_be_bytes());
                bytes.extend_from_slice(&at.as_u64().to_be_bytes());
            }
        }
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.push(u8::from(self.is_last));
        bytes.extend_from_slice(&self.bytes.to_be_bytes());
        bytes
    }

    /// `None` for bytes that no release up to this one writes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (stretch, rest) = match *kind {
            CHANGES => {
                let (from, rest) = ordinal(rest)?;
                let (to, rest) = ordinal(rest)?;
                (Stretch::Changes { from, to }, rest)
            }
            RANGE => {
                let (round, rest) = ordinal(rest)?;
                let (place, rest) = rest.split_first_chunk()?;
                let (at, rest) = ordinal(rest)?;
                (Stretch::Range { round, place: u32::from_be_bytes(*place), at }, rest)
            }
            _ => return None,
        };
        let (number, rest) = rest.split_first_chunk()?;
        let (is_last, rest) = rest.split_first()?;
        let bytes = u32::from_be_bytes(rest.try_into().ok()?);
        let is_last = [false, true].get(usize::from(*is_last)).copied()?;
        Some(Self { stretch, number: u32::from_be_bytes(*number), is_last, bytes })
    }

    /// The key of the row that names it. Changes sort by their end, ranges by round and place.
    pub fn key(&self) -> Vec<u8> {
        let mut key = match self.stretch {
            Stretch::Changes { to, .. } => changes_at(to),
            Stretch::Range { round, place, .. } => {
                let mut key = vec![ARCHIVE, RANGE];
                key.extend_from_slice(&round.as_u64().to_be_bytes());
                key.extend_from_slice(&place.to_be_bytes());
                key
            }
        };
        key.extend_from_slice(&self.number.to_be_bytes());
        key
    }
}

impl ArchiveRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(&self.page.encode());
        w.bytes(&self.start);
        w.bytes(&self.end);
        w.raw(&self.manifest);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("archive", bytes, FORMAT)?;
        let page = r.bytes()?;
        let page = r.legal(Page::decode(&page))?;
        Ok(Self { page, start: r.bytes()?, end: r.bytes()?, manifest: r.rest() })
    }

    /// Whether the changes that it tells of are missing from the archive.
    pub fn is_missed(&self) -> bool {
        self.manifest.is_empty()
    }
}

/// All rows of changes begin with this.
pub const CHANGES_PREFIX: [u8; 2] = [ARCHIVE, CHANGES];
/// All rows of ranges begin with this.
pub const RANGES_PREFIX: [u8; 2] = [ARCHIVE, RANGE];

/// Where rows of changes up to `to` begin.
pub fn changes_at(to: Ordinal) -> Vec<u8> {
    [&CHANGES_PREFIX[..], &to.as_u64().to_be_bytes()].concat()
}

/// Up to when the changes of a row go, by its key.
pub fn changes_end(key: &[u8]) -> Option<Ordinal> {
    ordinal(key.strip_prefix(&CHANGES_PREFIX)?).map(|(to, _)| to)
}

fn ordinal(bytes: &[u8]) -> Option<(Ordinal, &[u8])> {
    let (ordinal, rest) = bytes.split_first_chunk()?;
    Some((Ordinal::from_u64(u64::from_be_bytes(*ordinal)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, proptest};

    #[test]
    fn rows_of_changes_sort_by_their_end_and_those_of_ranges_by_round_and_place() {
        let page = |stretch, number| Page { stretch, number, is_last: false, bytes: 1 };
        let changes =
            |from, to| Stretch::Changes { from: Ordinal::from_u64(from), to: Ordinal::from_u64(to) };
        let range = |round, place| Stretch::Range {
            round: Ordinal::from_u64(round),
            place,
            at: Ordinal::from_u64(1_000 - u64::from(place)),
        };
        let pages = [
            page(range(7, 0), 0),
            page(range(7, 0), 1),
            page(range(7, 300), 0),
            page(range(8, 0), 0),
            page(changes(0, 9), 0),
            page(changes(0, 9), 1),
            page(changes(9, 300), 0),
        ];
        for pair in pages.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        assert_eq!(changes_end(&pages[6].key()), Some(Ordinal::from_u64(300)));
        assert!(pages[5].key() < changes_at(Ordinal::from_u64(10)));
        assert_eq!(changes_end(&pages[0].key()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), kind in 0..2) {
            let mut bytes = bytes;
            bytes.insert(0, [CHANGES, RANGE][kind as usize]);
            if let Some(page) = Page::decode(&bytes) {
                assert_eq!(page.encode(), bytes);
            }
            bytes.insert(0, FORMAT);
            if let Ok(row) = ArchiveRow::decode(bytes.into()) {
                assert_eq!(ArchiveRow::decode(row.encode()), Ok(row));
            }
        }
    }
}
