//! What authorization asks about an object: whose it is, its ACL, its tags.

use api::S3Error;
use auth::{Bucket, Identity, ObjectFacts, Objects};
use model::UploadId;

use crate::hall::Hall;
use crate::{attributes, fault, multipart, people, state};

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
            annotated: object.annotations > 0,
        }))
    }

    fn began(&self, bucket: &Bucket, key: &str, upload_id: &str, caller: &Identity) -> Result<bool, S3Error> {
        let (Ok(key), Some(id)) = (attributes::object_key(key), UploadId::parse(upload_id)) else {
            return Ok(false);
        };
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let row = multipart::find(&view, &bucket.row, &key, id).map_err(fault::catalog)?;
        Ok(row.is_some_and(|row| row.initiator == Some(people::initiator_of(caller))))
    }
}
