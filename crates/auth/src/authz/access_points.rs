//! From what stands where a bucket's name stands to the bucket behind it.
//!
//! An access point is named by its alias (`…-s3alias`), or by the host label that clients make of its ARN
//! (`name-111122223333`). A bucket of that very name goes first, which is why none can be made while such an access
//! point exists.
//!
//! Source: AWS "Referencing access points with ARNs, access point aliases, or virtual-hosted-style URIs".

use std::sync::Arc;

use api::{ErrorCode, S3Error};
use catalog::table::{AccessPointRow, BucketRow, space};
use model::AccountId;

use super::{Auth, Bucket};
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
    /// The bucket that a name stands for, be it an access point's; for what is asked before anybody may sign.
    pub fn bucket_of(&self, name: &str) -> Result<Option<Bucket>, S3Error> {
        match self.bucket_named(name) {
            Ok(None) => self.bucket_behind(name),
            Err(refusal) if refusal.code == ErrorCode::InvalidBucketName => Ok(None),
            found => found,
        }
    }

    pub(super) fn bucket_behind(&self, name: &str) -> Result<Option<Bucket>, S3Error> {
        let Some(point) = self.access_point(name)? else { return Ok(None) };
        let row = self.catalog().get(&space::bucket(&point.bucket)).map_err(internal)?;
        let row = row.map(BucketRow::decode).transpose().map_err(internal)?;
        let Some(row) = row.filter(|row| row.id == point.bucket_id) else { return Ok(None) };
        Ok(Some(Bucket { name: point.bucket.clone(), row, via: Some(Arc::new(point)) }))
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
