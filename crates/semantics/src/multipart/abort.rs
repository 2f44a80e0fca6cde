//! AbortMultipartUpload.

use api::s3::{AbortMultipartUpload, AbortMultipartUploadOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::Decision;
use catalog::table::{ReclaimRow, space};

use super::upload::{find, no_such_upload, parse_upload_id};
use crate::attributes;
use crate::deed::Deed;
use crate::fault;
use crate::hall::{Hall, object_group};
use crate::handle::Handle;

impl Handle<AbortMultipartUpload> for Hall {
    async fn handle(
        &self,
        request: Authorized<AbortMultipartUpload>,
        _body: Body,
    ) -> Result<(AbortMultipartUploadOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?.row.clone());
        let key = attributes::object_key(&input.key)?;
        let id = parse_upload_id(input.upload_id.as_deref())?;
        let initiated = input.if_match_initiated_time;
        self.catalog()
            .commit_freeing(object_group(bucket.id, &key), move |view, ordinal| {
                let Some(upload) = find(view, &bucket, &key, id)? else {
                    return Ok(Decision::Refuse(no_such_upload(&id.to_string())));
                };
                let second = upload.initiated.truncated_to_seconds();
                if initiated.is_some_and(|asked| asked.truncated_to_seconds() != second) {
                    return Ok(Decision::Refuse(
                        S3Error::from(ErrorCode::PreconditionFailed)
                            .element("Condition", "x-amz-if-match-initiated-time"),
                    ));
                }
                let mut deed = Deed::new(view, &bucket, &key, ordinal);
                deed.delete(space::upload(bucket.id, &key, id));
                let row = ReclaimRow::Parts { bucket: bucket.id, key: key.clone(), upload: id };
                deed.reclaim_row(&row);
                Ok(Decision::Write(deed.into_writes(), ()))
            })
            .await
            .map_err(fault::catalog)??;
        Ok((AbortMultipartUploadOutput::default(), None))
    }
}
