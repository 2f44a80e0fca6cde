//! Rows whose reason stands under a key that theirs does not tell: parts of an upload whose object was renamed,
//! annotations, which hang on a version's salt. Gathered first, struck off when the reason is met.

use std::collections::BTreeMap;

use catalog::table::{Content, ReclaimRow, VersionRow};
use catalog::{Snapshot, View};
use model::{BucketId, ObjectKey, UploadId};

use super::log::{Finding, Kind, Verification};
use crate::KeeperFault;

/// Claims remembered.
const CLAIMS_MAX: usize = 100_000;

/// What a row needs to be met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// A version made of this upload.
    Upload { bucket: BucketId, key: ObjectKey, upload: UploadId },
    /// The reclaimer's row: the version that was made of the upload does not list the part.
    Unlisted { bucket: BucketId, key: ObjectKey, upload: UploadId, number: u16 },
    /// A version with this salt.
    Salt { bucket: BucketId, salt: u128 },
    /// The bucket, or the reclaimer's row that says that it was deleted.
    Bucket { bucket: BucketId },
}

/// With the key of the first row that makes it.
#[derive(Debug, Default)]
pub(super) struct Claims(BTreeMap<Claim, Vec<u8>>);

impl Claims {
    pub fn add(&mut self, claim: Claim, row: &[u8], verification: &Verification) {
        if self.0.contains_key(&claim) {
            return;
        }
        if self.0.len() < CLAIMS_MAX {
            self.0.insert(claim, row.to_vec());
        } else {
            verification.count(|verified| verified.unjudged += 1);
        }
    }

    pub fn strike_version(&mut self, bucket: BucketId, row: &VersionRow) {
        let Some(object) = row.object() else { return };
        if let Content::Parts { key, upload, .. } = &object.content {
            self.0.remove(&Claim::Upload { bucket, key: key.clone(), upload: *upload });
        }
        if object.annotations > 0 {
            self.0.remove(&Claim::Salt { bucket, salt: row.salt });
        }
    }

    /// True when it took some away.
    pub fn strike_doomed(&mut self, row: &ReclaimRow) -> bool {
        let before = self.0.len();
        match row {
            ReclaimRow::Stored(_) => {}
            ReclaimRow::Parts { bucket, key, upload } | ReclaimRow::Unlisted { bucket, key, upload, .. } => {
                let (bucket, key, upload) = (*bucket, key.clone(), *upload);
                self.0.remove(&Claim::Upload { bucket, key: key.clone(), upload });
                let part = |number| Claim::Unlisted { bucket, key: key.clone(), upload, number };
                let parts = self.0.range(part(0)..=part(u16::MAX));
                let parts: Vec<Claim> = parts.map(|(claim, _)| claim.clone()).collect();
                parts.iter().for_each(|claim| drop(self.0.remove(claim)));
            }
            ReclaimRow::Uploads { bucket } => self.0.retain(|claim, _| match claim {
                Claim::Upload { bucket: of, .. } | Claim::Bucket { bucket: of } => of != bucket,
                _ => true,
            }),
            ReclaimRow::Annotations { bucket, salt } => {
                self.0.remove(&Claim::Salt { bucket: *bucket, salt: *salt });
            }
        }
        self.0.len() < before
    }

    /// What is left of them, as far as its rows are.
    pub fn report(self, view: &Snapshot, verification: &Verification) -> Result<(), KeeperFault> {
        for (claim, row) in self.0 {
            if view.get(&row)?.is_none() {
                continue;
            }
            let (bucket, key, what) = match claim {
                Claim::Upload { bucket, key, upload } => {
                    (bucket, Some(key), format!("parts of upload {upload}, of which no version is made"))
                }
                Claim::Unlisted { bucket, key, upload, number } => {
                    (bucket, Some(key), format!("part {number} of upload {upload}, which no version lists"))
                }
                Claim::Salt { bucket, salt } => {
                    (bucket, None, format!("annotations of version {salt:032x}, which there is not"))
                }
                Claim::Bucket { bucket } => {
                    (bucket, None, "uploads in a bucket that there is not".to_owned())
                }
            };
            let key = key.map(|key| key.as_str().to_owned());
            verification.find(Finding { kind: Kind::Leak, bucket: Some(bucket), key, place: None, what });
        }
        Ok(())
    }
}
