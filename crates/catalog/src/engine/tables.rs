//! What readers share with the writer: the list of memtables, the index, and how far commits are visible.
//!
//! The rule that makes a snapshot one exact point in time: a memtable leaves the list only after its rows are
//! in the index (seen twice is harmless, since the memtable wins), and a snapshot takes the visible ordinal, the
//! list and the index's read transaction under one lock. A checkpoint that commits meanwhile holds only
//! rows of a table that is still in the snapshot's list.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use model::Ordinal;

use super::index::{Applied, Index};
use super::memtable::Memtable;
use super::snapshot::Snapshot;
use crate::{Fault, KEY_BYTES_MAX};

/// A memtable that takes no more rows, and what the index has reached once it is applied.
#[derive(Clone)]
pub(crate) struct Frozen {
    pub table: Arc<Memtable>,
    pub reaches: Applied,
}

#[derive(Clone)]
pub(crate) struct List {
    pub active: Arc<Memtable>,
    /// Oldest first.
    pub frozen: VecDeque<Frozen>,
}

pub(crate) struct Tables {
    list: RwLock<Arc<List>>,
    pub index: Box<dyn Index>,
    visible: AtomicU64,
    /// Set while the device has too little space for commits that grow, as was measured,
    pub scarce: AtomicBool,
    /// or as showed when what is kept ready could not be made.
    pub short: AtomicBool,
    /// Why the journal failed, once it did: reads go on, commits only after it was opened again.
    pub failed: OnceLock<Arc<str>>,
}

impl Tables {
    /// With what the journal had beyond the index.
    pub fn recovered(index: Box<dyn Index>, table: Memtable, visible: Ordinal) -> Self {
        let list = List { active: Arc::new(table), frozen: VecDeque::new() };
        Self {
            list: RwLock::new(Arc::new(list)),
            index,
            visible: AtomicU64::new(visible.as_u64()),
            scarce: AtomicBool::new(false),
            short: AtomicBool::new(false),
            failed: OnceLock::new(),
        }
    }

    /// Whether commits that grow are refused for now.
    pub fn is_scarce(&self) -> bool {
        self.scarce.load(Ordering::Relaxed) || self.short.load(Ordering::Relaxed)
    }

    pub fn visible(&self) -> Ordinal {
        Ordinal::from_u64(self.visible.load(Ordering::Acquire))
    }

    /// Shows all rows up to `ordinal`, which must be in the active memtable by now.
    pub fn publish(&self, ordinal: Ordinal) {
        assert!(ordinal > self.visible(), "commits become visible in their order");
        self.visible.store(ordinal.as_u64(), Ordering::Release);
    }

    pub fn list(&self) -> Arc<List> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn snapshot(&self) -> Result<Snapshot, Fault> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let at = self.visible();
        let index = self.index.read()?;
        Ok(Snapshot::new(at, list.clone(), index))
    }

    /// What the index alone has, and all of it up to the point in time that it names.
    pub fn applied_snapshot(&self) -> Result<Snapshot, Fault> {
        let applied = self.index.applied()?;
        let nothing = List { active: Arc::default(), frozen: VecDeque::new() };
        Ok(Snapshot::new(applied.ordinal, Arc::new(nothing), self.index.read()?))
    }

    /// The latest value; it makes no index transaction when a memtable knows the key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Ok(None);
        }
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = list.get(key, self.visible()) {
            return Ok(value);
        }
        let index = self.index.read()?;
        drop(list);
        index.get(key)
    }

    /// Freezes the active memtable; all its rows must be visible. False if it is empty.
    pub fn freeze(&self, reaches: Applied) -> bool {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        if list.active.is_empty() {
            return false;
        }
        let list = Arc::make_mut(&mut list);
        let table = std::mem::take(&mut list.active);
        list.frozen.push_back(Frozen { table, reaches });
        true
    }

    /// Drops the oldest frozen memtable, whose rows are in the index.
    pub fn retire_oldest(&self) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let gone = Arc::make_mut(&mut list).frozen.pop_front();
        drop(list);
        // Freeing tens of thousands of nodes takes milliseconds: outside of the lock.
        drop(gone);
    }

    pub fn pending_bytes(&self) -> usize {
        let list = self.list();
        list.active.bytes() + list.frozen.iter().map(|frozen| frozen.table.bytes()).sum::<usize>()
    }
}

impl List {
    /// From the newest table to the oldest.
    pub fn newest_first(&self) -> impl Iterator<Item = &Memtable> {
        std::iter::once(&*self.active).chain(self.frozen.iter().rev().map(|frozen| &*frozen.table))
    }

    /// What the memtables know of a key: `Some(None)` is a deletion, `None` means ask the index.
    pub fn get(&self, key: &[u8], at: Ordinal) -> Option<Option<Bytes>> {
        self.newest_first().find_map(|table| table.get(key, at))
    }
}
