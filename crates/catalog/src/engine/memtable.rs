//! Rows that are durable in the journal and not yet in the index: sorted, many-versioned, readable while written.
//!
//! One writer inserts; readers see, for each key, the newest version whose ordinal is not after theirs. It
//! knows nothing about the journal or the index.

use std::borrow::Borrow;
use std::cmp::Ordering as Order;
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use crossbeam_skiplist::SkipMap;
use crossbeam_skiplist::map::Entry;
use model::Ordinal;

/// What a skip list node costs beside the bytes of its row: links, the two `Bytes`, their heap headers.
const NODE_BYTES: usize = 160;

/// `None` is a tombstone.
pub(crate) type Value = Option<Bytes>;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MemKey {
    key: Bytes,
    ordinal: Ordinal,
}

/// The order of the memtable: by key, then newest first. A trait object of it is what both the owned key
/// and a borrowed one look like, so that a lookup allocates nothing.
trait Ranked {
    fn rank(&self) -> (&[u8], std::cmp::Reverse<Ordinal>);
}

impl Ranked for MemKey {
    fn rank(&self) -> (&[u8], std::cmp::Reverse<Ordinal>) {
        (&self.key, std::cmp::Reverse(self.ordinal))
    }
}

struct Probe<'a>(&'a [u8], Ordinal);

impl Ranked for Probe<'_> {
    fn rank(&self) -> (&[u8], std::cmp::Reverse<Ordinal>) {
        (self.0, std::cmp::Reverse(self.1))
    }
}

impl<'a> Borrow<dyn Ranked + 'a> for MemKey {
    fn borrow(&self) -> &(dyn Ranked + 'a) {
        self
    }
}

impl PartialEq for dyn Ranked + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for dyn Ranked + '_ {}

impl PartialOrd for dyn Ranked + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn Ranked + '_ {
    fn cmp(&self, other: &Self) -> Order {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for MemKey {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl Ord for MemKey {
    fn cmp(&self, other: &Self) -> Order {
        self.rank().cmp(&other.rank())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Memtable {
    rows: SkipMap<MemKey, Value>,
    bytes: AtomicUsize,
}

impl Memtable {
    pub fn insert(&self, key: Bytes, ordinal: Ordinal, value: Value) {
        let bytes = key.len() + value.as_ref().map_or(0, Bytes::len) + NODE_BYTES;
        self.rows.insert(MemKey { key, ordinal }, value);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Approximate, and never falling.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What the key was at `at`: `None` if this table does not know it, `Some(None)` if it was deleted.
    pub fn get(&self, key: &[u8], at: Ordinal) -> Option<Value> {
        let entry = self.lower_bound(key, at)?;
        (entry.key().key == key).then(|| entry.value().clone())
    }

    /// Walks the keys from `start` on, each as it was at `at`, tombstones included.
    pub fn walk(&self, start: &[u8], at: Ordinal) -> Walk<'_> {
        let mut walk = Walk { table: self, at, entry: None };
        walk.seek(start);
        walk
    }

    /// The greatest key in `start..end` that has a version at `at`, be it a tombstone.
    pub fn last_key_before(&self, start: &[u8], end: &[u8], at: Ordinal) -> Option<Bytes> {
        // `Ordinal` greatest sorts first among equal keys, so this probe stands before all versions of `end`.
        let newest = Ordinal::from_u64(u64::MAX);
        let probe: &dyn Ranked = &Probe(end, newest);
        let mut entry = self.rows.upper_bound(Bound::Excluded(probe))?;
        loop {
            if *entry.key().key < *start {
                return None;
            }
            if entry.key().ordinal <= at {
                return Some(entry.key().key.clone());
            }
            entry = entry.prev()?;
        }
    }

    fn lower_bound(&self, key: &[u8], at: Ordinal) -> Option<Entry<'_, MemKey, Value>> {
        let probe: &dyn Ranked = &Probe(key, at);
        self.rows.lower_bound(Bound::Included(probe))
    }
}

pub(crate) struct Walk<'a> {
    table: &'a Memtable,
    at: Ordinal,
    entry: Option<Entry<'a, MemKey, Value>>,
}

impl Walk<'_> {
    pub fn seek(&mut self, key: &[u8]) {
        self.entry = self.table.lower_bound(key, self.at);
        self.skip_newer();
    }

    /// The key it stands on and its value.
    pub fn row(&self) -> Option<(&Bytes, &Value)> {
        self.entry.as_ref().map(|entry| (&entry.key().key, entry.value()))
    }

    /// Steps to the next key, over this one's older versions.
    pub fn advance(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        let mut next = entry.next();
        while let Some(candidate) = &next {
            if candidate.key().key != entry.key().key {
                break;
            }
            next = candidate.next();
        }
        self.entry = next;
        self.skip_newer();
    }

    /// Versions after our point in time do not exist for us; the next older one, or the next key, does.
    fn skip_newer(&mut self) {
        while let Some(entry) = &self.entry {
            if entry.key().ordinal <= self.at {
                return;
            }
            self.entry = entry.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(raw: u64) -> Ordinal {
        Ordinal::from_u64(raw)
    }

    fn walked(table: &Memtable, start: &[u8], ordinal: u64) -> Vec<(Vec<u8>, Value)> {
        let mut walk = table.walk(start, at(ordinal));
        let mut rows = Vec::new();
        while let Some((key, value)) = walk.row() {
            rows.push((key.to_vec(), value.clone()));
            walk.advance();
        }
        rows
    }

    #[test]
    fn a_reader_sees_the_newest_version_not_after_its_ordinal() {
        let table = Memtable::default();
        let value = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        table.insert(Bytes::from_static(b"a"), at(1), value("a1"));
        table.insert(Bytes::from_static(b"a"), at(5), value("a5"));
        table.insert(Bytes::from_static(b"b"), at(3), None);
        table.insert(Bytes::from_static(b"c"), at(9), value("c9"));
        assert_eq!(table.get(b"a", at(4)), Some(value("a1")));
        assert_eq!(table.get(b"a", at(5)), Some(value("a5")));
        assert_eq!(table.get(b"b", at(2)), None);
        assert_eq!(table.get(b"b", at(3)), Some(None));
        assert_eq!(walked(&table, b"", 4), [(b"a".to_vec(), value("a1")), (b"b".to_vec(), None)]);
        assert_eq!(walked(&table, b"b", 9), [(b"b".to_vec(), None), (b"c".to_vec(), value("c9"))]);
        assert_eq!(table.last_key_before(b"a", b"z", at(8)), Some(Bytes::from_static(b"b")));
        assert_eq!(table.last_key_before(b"a", b"b", at(8)), Some(Bytes::from_static(b"a")));
        assert_eq!(table.last_key_before(b"b", b"b", at(8)), None);
    }
}
