//! HeadBucket and GetBucketLocation.

use api::s3::{GetBucketLocation, GetBucketLocationOutput, HeadBucket, HeadBucketOutput};
use api::{Body, S3Error};
use auth::Authorized;

use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<HeadBucket> for Hall {
    async fn handle(
        &self,
        request: Authorized<HeadBucket>,
        _body: Body,
    ) -> Result<(HeadBucketOutput, Option<Body>), S3Error> {
        let bucket = request.bucket()?;
        let output = HeadBucketOutput {
            bucket_region: Some(bucket.row.region.as_str().to_owned()),
            bucket_arn: Some(format!("arn:aws:s3:::{}", bucket.name)),
            access_point_alias: Some(false),
            ..Default::default()
        };
        Ok((output, None))
    }
}

impl Handle<GetBucketLocation> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketLocation>,
        _body: Body,
    ) -> Result<(GetBucketLocationOutput, Option<Body>), S3Error> {
        let region = &request.bucket()?.row.region;
        // S3 writes its first region as an empty constraint.
        let location_constraint = (!region.is_classic()).then(|| region.as_str().to_owned());
        Ok((GetBucketLocationOutput { location_constraint }, None))
    }
}
