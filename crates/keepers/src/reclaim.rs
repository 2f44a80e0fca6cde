//! The reclaimer: frees bytes that no version names any more.
//!
//! Its work is the catalog's reclaim rows, oldest first. Bytes go before the row that remembers them, so a crash in
//! between only frees them twice, which the store does not mind. A row younger than the oldest read in progress
//! waits for it.

use std::ops::RangeInclusive;
use std::time::Duration;

use catalog::table::{AnnotationRow, Content, PartRow, PartTable, ReclaimRow, space};
use catalog::{Decision, Group, Headroom, Write};
use model::{BucketId, ObjectKey, Ordinal, UploadId};
use semantics::Hall;
use stripe::Manifest;

use crate::KeeperFault;

/// Rows taken in one round, and parts in one step: bounds the memory of a round.
const ROUND_MAX: usize = 256;
/// How often to look when there was nothing to do.
const IDLE: Duration = Duration::from_millis(500);
/// How long to wait after a fault.
const PAUSE: Duration = Duration::from_secs(5);

/// Rows that go with their bytes.
#[derive(Clone, Copy)]
enum Doomed<'a> {
    Annotations,
    /// But for those that a completion listed.
    Parts {
        listed: Option<&'a PartTable>,
    },
}

pub struct Reclaimer {
    hall: Hall,
}

impl Reclaimer {
    pub fn new(hall: Hall) -> Self {
        Self { hall }
    }

    /// Works until its task is aborted.
    pub async fn run(self) {
        loop {
            match self.round().await {
                Ok(0) => tokio::time::sleep(IDLE).await,
                Ok(rows) => metrics::counter!("strongroom_reclaimed_rows_total").increment(rows as u64),
                Err(fault) => {
                    tracing::warn!(%fault, "the reclaimer pauses");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Does what is due, at most a round's worth; answers how many rows were done.
    pub async fn round(&self) -> Result<usize, KeeperFault> {
        // A sweep leaves what these rows name to this round, which asks no device that is let in meanwhile: it waits.
        let _passage = self.hall.store().passage();
        let due = self.due()?;
        let count = due.len();
        // The rows of a round go in one commit. One whose bytes can't be freed now stays, and keeps no other waiting.
        let (mut done, mut failed) = (Vec::with_capacity(count), Ok(()));
        for (key, row) in due {
            match self.free(&row).await {
                Ok(()) => done.push(Write::delete(key)),
                fault => failed = failed.and(fault),
            }
        }
        self.forget(done).await?;
        failed.map(|()| count)
    }

    fn due(&self) -> Result<Vec<(Vec<u8>, ReclaimRow)>, KeeperFault> {
        let oldest = self.oldest_needed()?;
        let view = self.hall.catalog().snapshot()?;
        let mut cursor = view.cursor(&[space::RECLAIM], &[space::RECLAIM + 1])?;
        let mut due = Vec::new();
        while due.len() < ROUND_MAX
            && let Some((key, row)) = cursor.next()?
        {
            let unnamed_at = space::reclaim_ordinal(&key);
            if oldest.is_some_and(|oldest| unnamed_at.is_none_or(|at| at >= oldest)) {
                break;
            }
            due.push((key, ReclaimRow::decode(row).map_err(KeeperFault::damaged)?));
        }
        Ok(due)
    }

    /// Bytes that were unnamed by then are still needed: by who reads them, and by the catalog that the archive would make.
    fn oldest_needed(&self) -> Result<Option<Ordinal>, KeeperFault> {
        let catalog = self.hall.catalog();
        let unarchived = match catalog.headroom() {
            Headroom::Ample => catalog.archived()?.map(|at| Ordinal::from_u64(at.as_u64().saturating_add(1))),
            // The index may need the room to get further.
            Headroom::Scarce => None,
        };
        Ok(self.hall.pins().oldest().into_iter().chain(unarchived).min())
    }

    async fn free(&self, row: &ReclaimRow) -> Result<(), KeeperFault> {
        match row {
            ReclaimRow::Stored(manifest) => self.free_bytes(manifest).await,
            ReclaimRow::Parts { bucket, key, upload } => self.free_parts(*bucket, key, *upload, None).await,
            ReclaimRow::Unlisted { bucket, key, upload, listed } => {
                self.free_parts(*bucket, key, *upload, Some(listed)).await
            }
            ReclaimRow::Uploads { bucket } => self.free_uploads(*bucket).await,
            ReclaimRow::Annotations { bucket, salt } => {
                self.free_rows(space::annotations(*bucket, *salt), Doomed::Annotations).await
            }
        }
    }

    async fn free_bytes(&self, manifest: &[u8]) -> Result<(), KeeperFault> {
        let manifest = Manifest::decode(manifest).map_err(KeeperFault::damaged)?;
        Ok(self.hall.store().delete(manifest.chunks()).await?)
    }

    /// All parts of an upload, or those that a completion did not list.
    async fn free_parts(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        upload: UploadId,
        listed: Option<&PartTable>,
    ) -> Result<(), KeeperFault> {
        self.free_rows(space::parts(bucket, key, upload), Doomed::Parts { listed }).await
    }

    /// All doomed rows that begin with `prefix`, with their bytes.
    async fn free_rows(&self, prefix: Vec<u8>, doomed: Doomed<'_>) -> Result<(), KeeperFault> {
        let end = space::end_of(&prefix);
        let mut start = prefix;
        loop {
            let (rows, next) = self.rows_from(&start, &end, doomed)?;
            let mut gone = Vec::with_capacity(rows.len());
            for (row_key, content) in rows {
                if let Content::Stored(manifest) = &content {
                    self.free_bytes(manifest).await?;
                }
                gone.push(Write::delete(row_key));
            }
            self.forget(gone).await?;
            match next {
                Some(next) => start = next,
                None => return Ok(()),
            }
        }
    }

    /// One step's rows, and where the next step starts.
    #[expect(clippy::type_complexity, reason = "a pair that is taken apart at its only call")]
    fn rows_from(
        &self,
        start: &[u8],
        end: &[u8],
        doomed: Doomed<'_>,
    ) -> Result<(Vec<(Vec<u8>, Content)>, Option<Vec<u8>>), KeeperFault> {
        let view = self.hall.catalog().snapshot()?;
        let mut cursor = view.cursor(start, end)?;
        let mut rows = Vec::new();
        while let Some((key, row)) = cursor.next()? {
            if rows.len() == ROUND_MAX {
                return Ok((rows, Some(key)));
            }
            let content = match doomed {
                Doomed::Annotations => AnnotationRow::decode(row).map_err(KeeperFault::damaged)?.content,
                Doomed::Parts { listed } if is_listed(&key, listed) => continue,
                Doomed::Parts { .. } => PartRow::decode(row).map_err(KeeperFault::damaged)?.content,
            };
            rows.push((key, content));
        }
        Ok((rows, None))
    }

    async fn free_uploads(&self, bucket: BucketId) -> Result<(), KeeperFault> {
        let prefix = space::in_bucket(space::UPLOADS, bucket);
        let end = space::end_of(&prefix);
        loop {
            let first = {
                let view = self.hall.catalog().snapshot()?;
                let mut cursor = view.cursor(&prefix, &end)?;
                cursor.next()?
            };
            let Some((row_key, _)) = first else { return Ok(()) };
            let (key, suffix) =
                space::split_object(&row_key).ok_or_else(|| KeeperFault::damaged("an upload's key"))?;
            let key = ObjectKey::new(key).map_err(KeeperFault::damaged)?;
            let upload = space::upload_id(suffix).ok_or_else(|| KeeperFault::damaged("an upload's key"))?;
            // First the upload, so that no part joins it any more.
            self.forget(vec![Write::delete(row_key.clone())]).await?;
            self.free_parts(bucket, &key, upload, None).await?;
        }
    }

    /// Deletes rows of work that is done.
    async fn forget(&self, gone: Vec<Write>) -> Result<(), KeeperFault> {
        if gone.is_empty() {
            return Ok(());
        }
        let group = Group::new(&b"reclaim"[..]);
        let outcome: Result<(), ()> = self
            .hall
            .catalog()
            .commit_freeing(group, move |_, _| Ok(Decision::Write(gone.clone(), ())))
            .await?;
        debug_assert!(outcome.is_ok(), "deleting done work is never refused");
        Ok(())
    }
}

/// Whether all that was unnamed then is freed.
pub(crate) fn is_reclaimed(hall: &Hall, then: &RangeInclusive<Ordinal>) -> Result<bool, KeeperFault> {
    let view = hall.catalog().snapshot()?;
    let mut cursor = view.cursor(&space::reclaim(*then.start(), 0), &[space::RECLAIM + 1])?;
    let oldest = cursor.next()?.map(|(key, _)| space::reclaim_ordinal(&key));
    Ok(oldest.is_none_or(|oldest| oldest.is_some_and(|oldest| oldest > *then.end())))
}

fn is_listed(part: &[u8], listed: Option<&PartTable>) -> bool {
    listed.is_some_and(|table| space::part_number(part).is_some_and(|number| table.contains(number)))
}
