//! The index: the catalog's rows as of the last checkpoint, ordered, on disk.
//!
//! An engine that can apply a sorted batch atomically and read from a point in time fits here. It knows
//! nothing about ordinals of rows: it holds one version of each key, and how far it has got.

mod mem;
mod tree;

use bytes::Bytes;
use model::Ordinal;

use crate::Fault;

pub use mem::{MemIndex, MemState, Moment};
pub use tree::{TreeIndex, TreeOptions};

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

    /// Whether reads come here, or to another copy only while that one is well. What nobody reads need not lie in the
    /// page cache.
    fn expect_reads(&self, _expected: bool) {}

    /// Keeps room for applications on a full disk: `NoSpace` says that there is not enough of it.
    fn reserve(&self) -> Result<(), Fault>;

    /// Reads from the device, past every cache, all that belongs to the rows from `start` on, until about
    /// `bytes_max` are proven; the answer says where to go on. What does not prove is `Corrupt`.
    fn verify(&self, start: &[u8], bytes_max: u64) -> Result<Verified, Fault>;
}

/// What one call of `Index::verify` proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub rows: u64,
    pub bytes: u64,
    /// The `start` of the next call; `None` when the last row is proven.
    pub next: Option<Vec<u8>>,
}

/// A point in time of an index. Short-lived: an old one keeps the engine from reusing space.
pub trait IndexRead: Send {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault>;
    /// A cursor on the first row that is not before `start`.
    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor + 'a>, Fault>;
    /// The greatest key in `start..end`.
    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault>;
}

/// A row, lent until the cursor moves.
pub type IndexRow<'a> = (&'a [u8], &'a [u8]);

/// After a fault it stands nowhere, and tells nothing, until a `seek` succeeds.
pub trait IndexCursor {
    /// The key of the row that it stands on; `None` behind the last.
    fn key(&self) -> Option<&[u8]>;
    /// The row that it stands on. A large value is read here and not before.
    fn row(&mut self) -> Result<Option<IndexRow<'_>>, Fault>;
    fn advance(&mut self) -> Result<(), Fault>;
    /// Goes to the first row that is not before `key`, forward or back.
    fn seek(&mut self, key: &[u8]) -> Result<(), Fault>;
}
