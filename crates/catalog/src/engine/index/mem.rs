//! An index in memory whose durable state outlives it: for the simulation and for tests.
//!
//! `MemState` is the device, `MemIndex` the process's handle on it. Applying is atomic and at once durable, as
//! the port demands; a hook lets the simulation die just before or just after.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::{Applied, Index, IndexCursor, IndexRead, IndexRow, IndexWrite, Verified};
use crate::Fault;

type Rows = Arc<BTreeMap<Vec<u8>, Bytes>>;
type Hook = Box<dyn FnMut(Moment) -> Result<(), Fault> + Send>;

/// When the hook is asked. An error after the application means: it is durable, and nobody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    BeforeApply,
    AfterApply,
}

/// What survives the process.
#[derive(Default)]
pub struct MemState {
    durable: Mutex<(Rows, Applied)>,
    hook: Mutex<Option<Hook>>,
}

impl MemState {
    /// Asked around each application; what it answers instead of `Ok` is what the engine gets.
    pub fn set_hook(&self, hook: impl FnMut(Moment) -> Result<(), Fault> + Send + 'static) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hook));
    }

    pub fn clear_hook(&self) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn ask(&self, moment: Moment) -> Result<(), Fault> {
        match &mut *self.hook.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(hook) => hook(moment),
            None => Ok(()),
        }
    }

    fn now(&self) -> (Rows, Applied) {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Clone, Default)]
pub struct MemIndex(Arc<MemState>);

impl MemIndex {
    pub fn on(state: Arc<MemState>) -> Self {
        Self(state)
    }
}

impl Index for MemIndex {
    fn applied(&self) -> Result<Applied, Fault> {
        Ok(self.0.now().1)
    }

    fn read(&self) -> Result<Box<dyn IndexRead>, Fault> {
        Ok(Box::new(MemRead(self.0.now().0)))
    }

    fn apply(
        &self,
        writes: &mut dyn Iterator<Item = IndexWrite<'_>>,
        applied: Option<Applied>,
    ) -> Result<(), Fault> {
        self.0.ask(Moment::BeforeApply)?;
        let (mut rows, before) = self.0.now();
        let changed = Arc::make_mut(&mut rows);
        for (key, value) in writes {
            match value {
                Some(value) => drop(changed.insert(key.to_vec(), Bytes::copy_from_slice(value))),
                None => drop(changed.remove(key)),
            }
        }
        *self.0.durable.lock().unwrap_or_else(PoisonError::into_inner) = (rows, applied.unwrap_or(before));
        self.0.ask(Moment::AfterApply)
    }

    fn reserve(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// Memory does not rot.
    fn verify(&self, _: &[u8], _: u64) -> Result<Verified, Fault> {
        Ok(Verified::default())
    }
}

struct MemRead(Rows);

impl IndexRead for MemRead {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        Ok(self.0.get(key).cloned())
    }

    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor + 'a>, Fault> {
        let mut cursor = MemCursor { rows: &self.0, range: self.0.range::<[u8], _>(..), here: None };
        cursor.seek(start)?;
        Ok(Box::new(cursor))
    }

    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let before = self.0.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(end)));
        let last = before.into_iter().next_back().map(|(key, _)| key);
        Ok(last.filter(|key| key.as_slice() >= start).cloned())
    }
}

struct MemCursor<'a> {
    rows: &'a BTreeMap<Vec<u8>, Bytes>,
    range: Range<'a, Vec<u8>, Bytes>,
    here: Option<(&'a Vec<u8>, &'a Bytes)>,
}

impl IndexCursor for MemCursor<'_> {
    fn key(&self) -> Option<&[u8]> {
        self.here.map(|(key, _)| key.as_slice())
    }

    fn row(&mut self) -> Result<Option<IndexRow<'_>>, Fault> {
        Ok(self.here.map(|(key, value)| (key.as_slice(), &value[..])))
    }

    fn advance(&mut self) -> Result<(), Fault> {
        self.here = self.range.next();
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.range = self.rows.range::<[u8], _>((Bound::Included(key), Bound::Unbounded));
        self.advance()
    }
}
