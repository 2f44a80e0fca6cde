//! PutObjectTagging, GetObjectTagging, DeleteObjectTagging.

use api::s3::{
    DeleteObjectTagging, DeleteObjectTaggingOutput, GetObjectTagging, GetObjectTaggingOutput,
    PutObjectTagging, PutObjectTaggingOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;

use crate::hall::Hall;
use crate::handle::Handle;
use crate::object::change::Standing;
use crate::{attributes, marks};

impl Handle<PutObjectTagging> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutObjectTagging>,
        _body: Body,
    ) -> Result<(PutObjectTaggingOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let tagging = input.tagging.as_ref().ok_or(ErrorCode::MalformedXML)?;
        let tags = marks::tags_of_set(&tagging.tag_set)?;
        marks::check_object_tags(&tags)?;
        let change = move |standing: &mut Standing<'_>| {
            standing.marks.tags.clone_from(&tags);
            Ok(())
        };
        let version_id = self.change_marks(bucket, &key, input.version_id.as_deref(), "PUT", change).await?;
        Ok((PutObjectTaggingOutput { version_id }, None))
    }
}

impl Handle<GetObjectTagging> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectTagging>,
        _body: Body,
    ) -> Result<(GetObjectTaggingOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let (found, version_id) =
            self.marks(bucket, &key, input.version_id.as_deref()).map_err(|error| match error.code {
                // Here alone S3 names the bucket in the key.
                ErrorCode::NoSuchKey => S3Error::from(ErrorCode::NoSuchKey)
                    .element("Key", format!("{}/{}", bucket.name, input.key)),
                _ => error,
            })?;
        Ok((GetObjectTaggingOutput { version_id, tag_set: marks::set_of_tags(&found.tags) }, None))
    }
}

impl Handle<DeleteObjectTagging> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteObjectTagging>,
        _body: Body,
    ) -> Result<(DeleteObjectTaggingOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let change = |standing: &mut Standing<'_>| {
            standing.marks.tags.clear();
            Ok(())
        };
        let version_id =
            self.change_marks(bucket, &key, input.version_id.as_deref(), "DELETE", change).await?;
        Ok((DeleteObjectTaggingOutput { version_id }, None))
    }
}
