//! Parsed bucket policies, kept by when they were put: a policy is parsed once, not for each request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api::S3Error;
use catalog::Catalog;
use catalog::table::{TextRow, space};
use model::{BucketId, Ordinal};
use policy::{Kind, Policy};

use super::Bucket;
use crate::fault::internal;

/// Beyond this the cache starts anew.
const ENTRIES_MAX: usize = 4096;

#[derive(Default)]
pub(crate) struct BucketPolicies(RwLock<HashMap<BucketId, Kept>>);

#[derive(Clone)]
pub(super) struct Kept {
    stamp: Ordinal,
    pub policy: Arc<Policy>,
    pub public: bool,
}

impl BucketPolicies {
    /// The policy that is in force; `None` when the bucket has none.
    pub(super) fn get(&self, catalog: &Catalog, bucket: &Bucket) -> Result<Option<Kept>, S3Error> {
        let Some(stamp) = bucket.row.access.policy else { return Ok(None) };
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&bucket.row.id).cloned();
        if let Some(known) = known.filter(|known| known.stamp == stamp) {
            return Ok(Some(known));
        }
        let row = catalog.get(&space::bucket_policy(bucket.row.id)).map_err(internal)?;
        // Another request may have deleted or replaced it since the bucket was read; what stands now counts.
        let Some(row) = row else { return Ok(None) };
        let text = TextRow::decode(row).map_err(internal)?.text;
        // One that cannot be read any more must not let anybody in: refuse all.
        let policy = Policy::parse(&text, Kind::Bucket).map_err(internal)?;
        let kept = Kept { stamp, public: policy::is_public(&policy), policy: Arc::new(policy) };
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ENTRIES_MAX {
            map.clear();
        }
        map.insert(bucket.row.id, kept.clone());
        Ok(Some(kept))
    }
}
