//! Whoever keeps the catalog's rows once more, elsewhere, for the day on which all copies of the catalog are lost.
//!
//! It is handed all rows that are about to go into the index, and answers rows of its own that go in with them, in the
//! same transaction: so what it kept is named exactly when the index has the rows, without a commit. It is called by
//! whichever thread applies, the committer among them, and must neither commit nor wait for who does.

use std::ops::Range;

use bytes::Bytes;
use model::Ordinal;

use super::index::IndexRead;
use crate::Fault;

/// A key and its newest value; `None` for one that was deleted.
pub type Changed = (Bytes, Option<Bytes>);

pub trait Archive: Send + Sync + 'static {
    /// All that changed after `applied`, which is how far the index is, and up to `reaches`; sorted. That it could not be
    /// kept is no fault: the application goes on, and the answer says what is missing. A fault is the index's own; then,
    /// as after a failed application, the same is asked again.
    fn keep(
        &self,
        index: &dyn IndexRead,
        applied: Ordinal,
        reaches: Ordinal,
        rows: &mut dyn Iterator<Item = Changed>,
    ) -> Result<Vec<Changed>, Fault>;

    /// What was kept last is named now.
    fn applied(&self);

    /// Where its rows for what comes after `applied` stand. An index that was further than others when all died has some,
    /// which the others lack: they are taken away, and what they named is kept anew.
    fn after(&self, applied: Ordinal) -> Range<Vec<u8>>;
}
