//! Rows that the reclaimer takes with their bytes: what an upload, a version or a bucket left behind that is gone.
//!
//! Their bytes go first. So they are no part of a backup, whose lease does not hold what was unnamed before it, and a
//! rebuild misses nothing where they have none.

use std::collections::{HashMap, HashSet};

use catalog::Snapshot;
use catalog::table::{PartTable, ReclaimRow, space};

use crate::KeeperFault;

/// Of an annotation's key: all before its name.
const ANNOTATIONS_OF: usize = 25;
/// At the end of a part's key.
const PART_NUMBER: usize = 2;

#[derive(Default)]
pub struct Doomed {
    /// Deleted, with uploads in them, as keys begin after their space.
    buckets: HashSet<[u8; 8]>,
    /// By what their keys begin with; of parts perhaps but for those that are listed.
    rows: HashMap<Vec<u8>, Option<PartTable>>,
}

impl Doomed {
    pub fn at(view: &Snapshot) -> Result<Self, KeeperFault> {
        let mut doomed = Self::default();
        let mut cursor = view.cursor(&[space::RECLAIM], &[space::RECLAIM + 1])?;
        while let Some((_, row)) = cursor.next()? {
            match ReclaimRow::decode(row).map_err(KeeperFault::damaged)? {
                ReclaimRow::Stored(_) => {}
                ReclaimRow::Parts { bucket, key, upload } => {
                    doomed.rows.insert(space::parts(bucket, &key, upload), None);
                }
                // What became of the upload may be gone by now, and all its parts with it.
                ReclaimRow::Unlisted { bucket, key, upload, listed } => {
                    doomed.rows.entry(space::parts(bucket, &key, upload)).or_insert(Some(listed));
                }
                ReclaimRow::Uploads { bucket } => {
                    doomed.buckets.insert(bucket.0.to_be_bytes());
                }
                ReclaimRow::Annotations { bucket, salt } => {
                    doomed.rows.insert(space::annotations(bucket, salt), None);
                }
            }
        }
        Ok(doomed)
    }

    pub fn has(&self, key: &[u8]) -> bool {
        let whose = match key.first() {
            Some(&space::UPLOADS | &space::PARTS) if self.in_deleted_bucket(key) => return true,
            Some(&space::PARTS) => key.len().checked_sub(PART_NUMBER).and_then(|end| key.get(..end)),
            Some(&space::ANNOTATIONS) => key.get(..ANNOTATIONS_OF),
            _ => None,
        };
        match whose.and_then(|whose| self.rows.get(whose)) {
            Some(Some(listed)) => !space::part_number(key).is_some_and(|number| listed.contains(number)),
            Some(None) => true,
            None => false,
        }
    }

    fn in_deleted_bucket(&self, key: &[u8]) -> bool {
        key.get(1..9).is_some_and(|bucket| self.buckets.contains(bucket))
    }
}
