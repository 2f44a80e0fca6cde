//! DeleteBucket: only of an empty bucket, decided against the truth.

use api::s3::{DeleteBucket, DeleteBucketOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::{ReclaimRow, space};
use catalog::{Decision, Write};
use model::Versioning;

use crate::bucket::create::is_empty;
use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;
use crate::{fault, state};

impl Handle<DeleteBucket> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteBucket>,
        _body: Body,
    ) -> Result<(DeleteBucketOutput, Option<Body>), S3Error> {
        let bucket = request.bucket()?.clone();
        self.catalog()
            .commit_freeing(bucket_group(bucket.name.as_str()), move |view, ordinal| {
                let Some(standing) = state::bucket(view, &bucket)? else {
                    return Ok(Decision::Refuse(
                        S3Error::from(ErrorCode::NoSuchBucket).element("BucketName", bucket.name.as_str()),
                    ));
                };
                if !is_empty(view, standing.id)? {
                    let mut refusal = S3Error::from(ErrorCode::BucketNotEmpty);
                    if standing.versioning != Versioning::Unversioned {
                        let more = ". You must delete all versions in the bucket.";
                        refusal.message = format!("{}{more}", refusal.message).into();
                    }
                    return Ok(Decision::Refuse(refusal.element("BucketName", bucket.name.as_str())));
                }
                // Those of other accounts lead nowhere from now on; they must not hold the bucket.
                let points = space::access_point_to(standing.id, standing.owner, "");
                if view.first_at_or_after(&points, &space::end_of(&points))?.is_some() {
                    let refusal = S3Error::from(ErrorCode::BucketHasAccessPointsAttached);
                    return Ok(Decision::Refuse(refusal.element("BucketName", bucket.name.as_str())));
                }
                let mut writes = vec![
                    Write::delete(space::bucket(&bucket.name)),
                    Write::delete(space::owned(standing.owner, bucket.name.as_str())),
                    Write::delete(space::bucket_tags(standing.id)),
                    Write::delete(space::bucket_policy(standing.id)),
                    Write::delete(space::bucket_cors(standing.id)),
                ];
                let uploads = space::in_bucket(space::UPLOADS, standing.id);
                if view.first_at_or_after(&uploads, &space::end_of(&uploads))?.is_some() {
                    let row = ReclaimRow::Uploads { bucket: standing.id };
                    writes.push(Write::put(space::reclaim(ordinal, 0), row.encode()));
                }
                Ok(Decision::Write(writes, ()))
            })
            .await
            .map_err(fault::catalog)??;
        Ok((DeleteBucketOutput::default(), None))
    }
}
