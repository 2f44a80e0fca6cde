//! From what stands where a bucket's name stands to the bucket behind it.
//!
//! An access point is named by its alias (`…-s3alias`), or by the host label that clients make of its ARN
//! (`name-111122223333`). A bucket of that very name goes first, which is why none can be made while such an access
//! point exists.
//!
//! Source: AWS "Referencing access points with ARNs, access point aliases, or virtual-hosted-style URIs".

use std::sync::Arc;

use api::S3Error;
use catalog::table::{AccessPointRow, BucketRow, space};
use model::AccountId;

use super::{Auth, Bucket, legal_name, no_such_bucket};
use crate::fault::internal;

pub(super) fn is_alias(name: &str) -> bool {
    name.ends_with("-s3alias")
}

/// `name-111122223333`
pub fn access_point_of_label(label: &str) -> Option<(AccountId, &str)> {
    let (name, account) = label.rsplit_once('-')?;
    Some((AccountId::parse(account)?, name))
}

impl Auth {
    pub(super) fn bucket_behind(&self, name: &str) -> Result<Bucket, S3Error> {
        let point = self.access_point(name)?.ok_or_else(|| no_such_bucket(name))?;
        let row = self.catalog().get(&space::bucket(&point.bucket)).map_err(internal)?;
        let row = row.map(BucketRow::decode).transpose().map_err(internal)?;
        let row = row.filter(|row| row.id == point.bucket_id).ok_or_else(|| no_such_bucket(name))?;
        Ok(Bucket { name: legal_name(point.bucket.as_str())?, row, via: Some(Arc::new(point)) })
    }

    fn access_point(&self, name: &str) -> Result<Option<AccessPointRow>, S3Error> {
        let key = if is_alias(name) {
            let place = self.catalog().get(&space::access_point_alias(name)).map_err(internal)?;
            place.and_then(|place| {
                let (account, name) = space::access_point_at(&place)?;
                Some(space::access_point(account, name))
            })
        } else {
            access_point_of_label(name).map(|(account, name)| space::access_point(account, name))
        };
        let Some(key) = key else { return Ok(None) };
        let row = self.catalog().get(&key).map_err(internal)?;
        row.map(AccessPointRow::decode).transpose().map_err(internal)
    }
}
