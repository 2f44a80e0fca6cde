//! The index: the catalog's rows as of the last checkpoint, ordered, on disk.
//!
//! An engine that can apply a sorted batch atomically and read from a point in time fits here. It knows
//! nothing about ordinals of rows: it holds one version of each key, and how far it has got.

mod lmdb;
mod mem;

use bytes::Bytes;
use model::Ordinal;

use crate::Fault;

pub use lmdb::{LmdbIndex, LmdbOptions};
pub use mem::{MemIndex, MemState, Moment};

/// How far the index has got: everything up to it is in the index and not needed from the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applied {
    /// The last batch of the journal whose rows are all in the index.
    pub sequence: u64,
    /// The last ordinal ever given before it.
    pub ordinal: Ordinal,
}

/// One row of a checkpoint: a key and its new value, or `None` to delete it.
pub type IndexWrite<'a> = (&'a [u8], Option<&'a [u8]>);

pub trait Index: Send + Sync + 'static {
    fn applied(&self) -> Result<Applied, Fault>;

    /// A view of this moment which later applications do not change.
    fn read(&self) -> Result<Box<dyn IndexRead>, Fault>;

    /// Makes the rows, sorted by key, durable together with `applied` (where given), or nothing at all.
    fn apply(
        &self,
        rows: &mut dyn Iterator<Item = IndexWrite<'_>>,
        applied: Option<Applied>,
    ) -> Result<(), Fault>;

    /// Keeps room for applications on a full disk: `NoSpace` says that there is not enough of it.
    fn reserve(&self) -> Result<(), Fault>;
}

/// A point in time of an index. Short-lived: an old one keeps the engine from reusing space.
pub trait IndexRead: Send {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault>;
    /// A cursor that stands before the first key that is not before `start`.
    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor<'a> + 'a>, Fault>;
    /// The greatest key in `start..end`.
    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault>;
}

/// A borrowed row; it lives as long as the point in time it was read from.
pub type IndexRow<'a> = (&'a [u8], &'a [u8]);

pub trait IndexCursor<'a> {
    fn next(&mut self) -> Result<Option<IndexRow<'a>>, Fault>;
    /// The next `next` gives the first row that is not before `key`.
    fn seek(&mut self, key: &[u8]) -> Result<(), Fault>;
}
