//! One exact point in time of the whole catalog.

use std::sync::Arc;

use bytes::Bytes;
use model::Ordinal;

use super::cursor::Cursor;
use super::index::IndexRead;
use super::tables::List;
use crate::{Fault, KEY_BYTES_MAX, View};

/// Consistent over all keys. It can move between threads but not be shared by them, and wants a short life
/// (a page of a listing, not a session): while it lives, the index cannot reuse the space it sees.
pub struct Snapshot {
    at: Ordinal,
    list: Arc<List>,
    index: Box<dyn IndexRead>,
}

impl Snapshot {
    pub(crate) fn new(at: Ordinal, list: Arc<List>, index: Box<dyn IndexRead>) -> Self {
        Self { at, list, index }
    }

    /// The last commit that it sees.
    pub const fn ordinal(&self) -> Ordinal {
        self.at
    }

    /// Walks the rows of `start..end` in byte order.
    pub fn cursor(&self, start: &[u8], end: &[u8]) -> Result<Cursor<'_>, Fault> {
        Cursor::new(&self.list, self.at, &*self.index, start, end)
    }

    /// The greatest key in `start..end`, be it deleted in a memtable.
    fn last_candidate(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let mut last = self.index.last_key_before(start, end)?;
        for table in self.list.newest_first() {
            if let Some(key) = table.last_key_before(start, end, self.at)
                && last.as_deref().is_none_or(|found| found < &key[..])
            {
                last = Some(key.to_vec());
            }
        }
        Ok(last)
    }
}

impl View for Snapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Ok(None);
        }
        match self.list.get(key, self.at) {
            Some(value) => Ok(value),
            None => self.index.get(key),
        }
    }

    fn first_at_or_after(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        self.cursor(start, end)?.next()
    }

    fn last_before(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        let mut end = end.to_vec();
        while let Some(key) = self.last_candidate(start, &end)? {
            if let Some(value) = self.get(&key)? {
                return Ok(Some((key, value)));
            }
            end = key;
        }
        Ok(None)
    }
}
