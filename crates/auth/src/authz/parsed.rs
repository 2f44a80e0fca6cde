//! Parsed policies of buckets and access points, kept by when they were put: a policy is parsed once, not for each
//! request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api::S3Error;
use catalog::Catalog;
use catalog::table::{AccessPointRow, TextRow, space};
use model::{AccountId, BucketId, Ordinal};
use policy::{Kind, Policy};

use super::Bucket;
use crate::fault::internal;

/// Beyond this the cache starts anew.
const ENTRIES_MAX: usize = 4096;

#[derive(Default)]
pub(crate) struct ParsedPolicies(RwLock<HashMap<Of, Kept>>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Of {
    Bucket(BucketId),
    AccessPoint(AccountId, String),
}

#[derive(Clone)]
pub(super) struct Kept {
    stamp: Ordinal,
    pub policy: Arc<Policy>,
    pub public: bool,
}

impl ParsedPolicies {
    /// The policy that is in force; `None` when the bucket has none.
    pub(super) fn of_bucket(&self, catalog: &Catalog, bucket: &Bucket) -> Result<Option<Kept>, S3Error> {
        let Some(stamp) = bucket.row.access.policy else { return Ok(None) };
        let read = || {
            let row = catalog.get(&space::bucket_policy(bucket.row.id)).map_err(internal)?;
            // Another request may have deleted it since the bucket was read; what stands now counts.
            row.map(|row| TextRow::decode(row).map(|row| row.text).map_err(internal)).transpose()
        };
        self.get(Of::Bucket(bucket.row.id), stamp, Kind::Bucket, read)
    }

    pub(super) fn of_access_point(&self, point: &AccessPointRow) -> Result<Option<Kept>, S3Error> {
        let Some((stamp, text)) = &point.policy else { return Ok(None) };
        let of = Of::AccessPoint(point.account, point.name.clone());
        self.get(of, *stamp, Kind::AccessPoint, || Ok(Some(text.clone())))
    }

    fn get(
        &self,
        of: Of,
        stamp: Ordinal,
        kind: Kind,
        read: impl FnOnce() -> Result<Option<String>, S3Error>,
    ) -> Result<Option<Kept>, S3Error> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&of).cloned();
        if let Some(known) = known.filter(|known| known.stamp == stamp) {
            return Ok(Some(known));
        }
        let Some(text) = read()? else { return Ok(None) };
        // One that cannot be read any more must not let anybody in: refuse all.
        let policy = Policy::parse(&text, kind).map_err(internal)?;
        let kept = Kept { stamp, public: policy::is_public(&policy), policy: Arc::new(policy) };
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ENTRIES_MAX {
            map.clear();
        }
        map.insert(of, kept.clone());
        Ok(Some(kept))
    }
}
