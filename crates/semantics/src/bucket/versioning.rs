//! PutBucketVersioning and GetBucketVersioning.

use api::s3::{
    GetBucketVersioning, GetBucketVersioningOutput, PutBucketVersioning, PutBucketVersioningOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::space;
use catalog::{Decision, Write};
use model::Versioning;

use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;
use crate::{fault, state};

impl Handle<PutBucketVersioning> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketVersioning>,
        _body: Body,
    ) -> Result<(PutBucketVersioningOutput, Option<Body>), S3Error> {
        let input = request.input();
        let configuration = input.versioning_configuration.as_ref().ok_or(ErrorCode::MalformedXML)?;
        // Until users have MFA devices nobody can prove one, which is how S3 answers who does not.
        if configuration.mfa_delete.as_deref() == Some("Enabled") {
            return Err(S3Error::with_message(
                ErrorCode::AccessDenied,
                "Mfa Authentication must be used for this request",
            ));
        }
        let versioning = match configuration.status.as_deref() {
            Some("Enabled") => Versioning::Enabled,
            Some("Suspended") => Versioning::Suspended,
            Some(_) => return Err(ErrorCode::MalformedXML.into()),
            None => return Err(ErrorCode::IllegalVersioningConfigurationException.into()),
        };
        let bucket = request.bucket()?.clone();
        self.catalog()
            .commit(bucket_group(bucket.name.as_str()), move |view, _| {
                let key = space::bucket(&bucket.name);
                let Some(mut standing) = state::bucket(view, &bucket)? else {
                    return Ok(Decision::Refuse(S3Error::from(ErrorCode::NoSuchBucket)));
                };
                if standing.object_lock.is_some() && versioning != Versioning::Enabled {
                    return Ok(Decision::Refuse(S3Error::with_message(
                        ErrorCode::InvalidBucketState,
                        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
                    )));
                }
                standing.versioning = versioning;
                Ok(Decision::Write(vec![Write::put(key, standing.encode())], ()))
            })
            .await
            .map_err(fault::catalog)??;
        Ok((PutBucketVersioningOutput::default(), None))
    }
}

impl Handle<GetBucketVersioning> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketVersioning>,
        _body: Body,
    ) -> Result<(GetBucketVersioningOutput, Option<Body>), S3Error> {
        let status = request.bucket()?.row.versioning.status().map(str::to_owned);
        Ok((GetBucketVersioningOutput { status, mfa_delete: None }, None))
    }
}
