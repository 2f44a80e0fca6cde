//! PutBucketTagging, GetBucketTagging, DeleteBucketTagging.

use api::s3::{
    DeleteBucketTagging, DeleteBucketTaggingOutput, GetBucketTagging, GetBucketTaggingOutput,
    PutBucketTagging, PutBucketTaggingOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use bytes::Bytes;
use catalog::table::{TagsRow, space};
use catalog::{Decision, Write};

use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;
use crate::{fault, marks, state};

impl Handle<PutBucketTagging> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketTagging>,
        _body: Body,
    ) -> Result<(PutBucketTaggingOutput, Option<Body>), S3Error> {
        let tagging = request.input().tagging.as_ref().ok_or(ErrorCode::MalformedXML)?;
        let tags = marks::tags_of_set(&tagging.tag_set)?;
        marks::check_bucket_tags(&tags)?;
        // An empty set is no set: reading it then finds none.
        let row = (!tags.is_empty()).then(|| TagsRow { tags }.encode());
        self.set_bucket_tags(request.bucket()?, row).await?;
        Ok((PutBucketTaggingOutput::default(), None))
    }
}

impl Handle<GetBucketTagging> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketTagging>,
        _body: Body,
    ) -> Result<(GetBucketTaggingOutput, Option<Body>), S3Error> {
        let bucket = request.bucket()?;
        let row = self.catalog().get(&space::bucket_tags(bucket.row.id)).map_err(fault::catalog)?;
        let row = row.ok_or_else(|| {
            S3Error::from(ErrorCode::NoSuchTagSet).element("BucketName", bucket.name.as_str())
        })?;
        let row = TagsRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
        Ok((GetBucketTaggingOutput { tag_set: marks::set_of_tags(&row.tags) }, None))
    }
}

impl Handle<DeleteBucketTagging> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteBucketTagging>,
        _body: Body,
    ) -> Result<(DeleteBucketTaggingOutput, Option<Body>), S3Error> {
        self.set_bucket_tags(request.bucket()?, None).await?;
        Ok((DeleteBucketTaggingOutput::default(), None))
    }
}

impl Hall {
    async fn set_bucket_tags(&self, bucket: &Bucket, row: Option<Bytes>) -> Result<(), S3Error> {
        let bucket = bucket.clone();
        self.catalog()
            .commit(bucket_group(bucket.name.as_str()), move |view, _| {
                if state::bucket(view, &bucket)?.is_none() {
                    return Ok(Decision::Refuse(S3Error::from(ErrorCode::NoSuchBucket)));
                }
                let key = space::bucket_tags(bucket.row.id);
                let write = match row.clone() {
                    Some(row) => Write::put(key, row),
                    None => Write::delete(key),
                };
                Ok(Decision::Write(vec![write], ()))
            })
            .await
            .map_err(fault::catalog)?
    }
}
