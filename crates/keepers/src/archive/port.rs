//! The catalog's archive in the volumes: what goes into the index is landed first.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use catalog::table::archive::{CHANGES_PREFIX, changes_at, changes_end};
use catalog::table::space::end_of;
use catalog::table::{ArchiveRow, Page, Stretch};
use catalog::{Archive, Changed, Fault, IndexRead};
use model::Ordinal;
use stripe::{Passage, Store};
use tokio::runtime::Handle;

use super::pages::{Pages, is_kept};

/// `catalog::Archive` over the store.
pub struct RowArchive {
    store: Store,
    /// It is called by threads that are no task's.
    runtime: Handle,
    /// For an application that failed: what was landed for it is named when it is tried again.
    last: Mutex<Option<Kept>>,
    /// The last stretch was not kept, and the log knows.
    is_lame: AtomicBool,
}

struct Kept {
    applied: Ordinal,
    reaches: Ordinal,
    rows: Vec<Changed>,
    /// Until they are named.
    _passage: Passage,
}

impl RowArchive {
    /// Of the runtime that it is called in.
    pub fn new(store: Store) -> Self {
        Self { store, runtime: Handle::current(), last: Mutex::default(), is_lame: AtomicBool::new(false) }
    }

    /// `None` when there is nothing to keep.
    async fn land(
        &self,
        from: Ordinal,
        to: Ordinal,
        rows: &mut dyn Iterator<Item = Changed>,
    ) -> Result<Option<Vec<ArchiveRow>>, stripe::Fault> {
        let mut rows = rows.filter(|(key, _)| is_kept(key)).peekable();
        if rows.peek().is_none() {
            return Ok(None);
        }
        let mut pages = Pages::new(&self.store, Stretch::Changes { from, to }, Bytes::new(), Bytes::new());
        for (key, value) in rows {
            pages.push(key, value.as_deref()).await?;
        }
        pages.finish().await.map(Some)
    }

    fn missed(&self, from: Ordinal, to: Ordinal, why: &stripe::Fault) -> ArchiveRow {
        metrics::counter!("strongroom_archive_missed_total").increment(1);
        if !self.is_lame.swap(true, Ordering::Relaxed) {
            tracing::warn!(%why, "rows of the catalog could not be kept in the volumes; it is made good when that works again");
        }
        ArchiveRow {
            page: Page::missed(from, to),
            start: Bytes::new(),
            end: Bytes::new(),
            manifest: Bytes::new(),
        }
    }
}

impl Archive for RowArchive {
    fn keep(
        &self,
        index: &dyn IndexRead,
        applied: Ordinal,
        reaches: Ordinal,
        rows: &mut dyn Iterator<Item = Changed>,
    ) -> Result<Vec<Changed>, Fault> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = last.as_ref().filter(|kept| (kept.applied, kept.reaches) == (applied, reaches)) {
            return Ok(kept.rows.clone());
        }
        // What came between the last that was kept and `applied` was not worth keeping.
        let before = index.last_key_before(&CHANGES_PREFIX, &self.after(applied).start)?;
        let from = before.and_then(|key| changes_end(&key)).unwrap_or(applied);
        let passage = self.store.passage();
        let kept = match self.runtime.block_on(self.land(from, reaches, rows)) {
            Ok(kept) => {
                self.is_lame.store(false, Ordering::Relaxed);
                kept.unwrap_or_default()
            }
            Err(why) => vec![self.missed(from, reaches, &why)],
        };
        let name = |row: ArchiveRow| (row.page.key().into(), Some(row.encode()));
        let rows: Vec<Changed> = kept.into_iter().map(name).collect();
        *last = Some(Kept { applied, reaches, rows: rows.clone(), _passage: passage });
        Ok(rows)
    }

    fn applied(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn after(&self, applied: Ordinal) -> Range<Vec<u8>> {
        let next = Ordinal::from_u64(applied.as_u64().saturating_add(1));
        changes_at(next)..end_of(&CHANGES_PREFIX)
    }
}
