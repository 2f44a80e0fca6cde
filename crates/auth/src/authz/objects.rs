//! What a few decisions ask about an object itself.

use api::S3Error;
use model::{AccountId, Acl};

use super::Bucket;
use crate::caller::Identity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFacts {
    pub owner: AccountId,
    pub acl: Option<Acl>,
    pub tags: Vec<(String, String)>,
    /// Whether it has any.
    pub annotated: bool,
}

/// Who knows the objects. Asked only where ACLs are on, a policy asks for tags or a copy takes them along.
pub trait Objects: Sync {
    /// `None` when there is no such object or version.
    fn facts(
        &self,
        bucket: &Bucket,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<Option<ObjectFacts>, S3Error>;

    /// Whether the caller began this upload.
    fn began(&self, bucket: &Bucket, key: &str, upload_id: &str, caller: &Identity) -> Result<bool, S3Error>;
}

/// For services that have none.
pub struct NoObjects;

impl Objects for NoObjects {
    fn facts(&self, _: &Bucket, _: &str, _: Option<&str>) -> Result<Option<ObjectFacts>, S3Error> {
        Ok(None)
    }

    fn began(&self, _: &Bucket, _: &str, _: &str, _: &Identity) -> Result<bool, S3Error> {
        Ok(false)
    }
}
