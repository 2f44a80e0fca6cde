//! The embedded engine: journal, memtables, index; one committer.
//!
//! A commit's way: decided in order (`batch`), appended and synced (`journal`), shown (`memtable`,
//! `tables`), later moved into the `index` (`checkpoint`). A read's way: `snapshot`, `cursor`.

mod archive;
mod batch;
mod blank;
mod catalog;
mod checkpoint;
mod cursor;
mod index;
mod journal;
mod memtable;
mod mirror;
mod options;
mod single;
mod snapshot;
mod tables;
#[cfg(test)]
mod tests;

pub use self::single::Engine;
pub use archive::{Archive, Changed};
pub use blank::{begin_after, is_blank};
pub use catalog::{Catalog, Headroom};
pub use cursor::Cursor;
pub use index::{
    Applied, Index, IndexCursor, IndexRead, IndexRow, IndexWrite, MemIndex, MemState, Moment, TreeIndex,
    TreeOptions, Verified,
};
pub use mirror::{Filling, Member, MemberState, Standing, Watch};
pub use options::Options;
pub use snapshot::Snapshot;
