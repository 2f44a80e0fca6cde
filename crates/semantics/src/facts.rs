//! What authorization asks about an object: whose it is, its ACL, its tags.

use api::S3Error;
use auth::{Bucket, ObjectFacts, Objects};

use crate::hall::Hall;
use crate::{attributes, fault, state};

impl Objects for Hall {
    fn facts(
        &self,
        bucket: &Bucket,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<Option<ObjectFacts>, S3Error> {
        // What is no key or version is refused by the operation itself, in its own words.
        let Ok(key) = attributes::object_key(key) else { return Ok(None) };
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let Some(version) = state::standing_version(&view, &bucket.row, &key, version_id)? else {
            return Ok(None);
        };
        Ok(version.row.object().map(|object| ObjectFacts {
            owner: version.row.owner,
            acl: object.marks.acl.clone(),
            tags: object.marks.tags.clone(),
        }))
    }
}
