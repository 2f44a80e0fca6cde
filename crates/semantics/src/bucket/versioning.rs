//! PutBucketVersioning and GetBucketVersioning.

use api::s3::{
    GetBucketVersioning, GetBucketVersioningOutput, PutBucketVersioning, PutBucketVersioningOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::{BucketRow, space};
use catalog::{Decision, Write};
use model::Versioning;

use crate::fault;
use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;

impl Handle<PutBucketVersioning> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketVersioning>,
        _body: Body,
    ) -> Result<(PutBucketVersioningOutput, Option<Body>), S3Error> {
        let input = request.input();
        let configuration = input.versioning_configuration.as_ref().ok_or(ErrorCode::MalformedXML)?;
        // MFA delete needs users' devices; turning on what would not be enforced is refused.
        if configuration.mfa_delete.as_deref() == Some("Enabled") {
            return Err(S3Error::not_implemented("MfaDelete"));
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
                let standing = view.get(&key)?.map(BucketRow::decode).transpose().map_err(fault::row)?;
                let Some(mut standing) = standing.filter(|row| row.id == bucket.row.id) else {
                    return Ok(Decision::Refuse(S3Error::from(ErrorCode::NoSuchBucket)));
                };
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
