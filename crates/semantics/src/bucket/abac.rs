//! PutBucketAbac and GetBucketAbac: whether the bucket's tags count in policies.

use api::s3::{AbacStatus, GetBucketAbac, GetBucketAbacOutput, PutBucketAbac, PutBucketAbacOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;

use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<PutBucketAbac> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketAbac>,
        _body: Body,
    ) -> Result<(PutBucketAbacOutput, Option<Body>), S3Error> {
        let asked = request.input().abac_status.as_ref().and_then(|asked| asked.status.as_deref());
        let on = match asked {
            Some("Enabled") => true,
            Some("Disabled") => false,
            _ => return Err(ErrorCode::MalformedXML.into()),
        };
        self.change_bucket(request.bucket()?, move |_, standing, _| {
            standing.access.abac = on;
            Ok(Ok(Vec::new()))
        })
        .await?;
        Ok((PutBucketAbacOutput::default(), None))
    }
}

impl Handle<GetBucketAbac> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketAbac>,
        _body: Body,
    ) -> Result<(GetBucketAbacOutput, Option<Body>), S3Error> {
        let status = if request.bucket()?.row.access.abac { "Enabled" } else { "Disabled" };
        let abac_status = Some(AbacStatus { status: Some(status.to_owned()) });
        Ok((GetBucketAbacOutput { abac_status }, None))
    }
}
