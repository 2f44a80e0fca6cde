//! PutBucketVersioning and GetBucketVersioning.

use api::s3::{
    GetBucketVersioning, GetBucketVersioningOutput, PutBucketVersioning, PutBucketVersioningOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::table::space;
use catalog::{Decision, Write};
use model::Versioning;

use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;
use crate::{fault, marks, state};

impl Handle<PutBucketVersioning> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketVersioning>,
        _body: Body,
    ) -> Result<(PutBucketVersioningOutput, Option<Body>), S3Error> {
        let input = request.input();
        let configuration = input.versioning_configuration.as_ref().ok_or(ErrorCode::MalformedXML)?;
        let mfa_delete = match configuration.mfa_delete.as_deref() {
            None => None,
            Some("Enabled") => Some(true),
            Some("Disabled") => Some(false),
            Some(_) => return Err(ErrorCode::MalformedXML.into()),
        };
        let bucket = request.bucket()?.clone();
        check_mfa(&request, &bucket, mfa_delete)?;
        let versioning = match configuration.status.as_deref() {
            Some("Enabled") => Versioning::Enabled,
            Some("Suspended") => Versioning::Suspended,
            Some(_) => return Err(ErrorCode::MalformedXML.into()),
            None => return Err(ErrorCode::IllegalVersioningConfigurationException.into()),
        };
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
                standing.access.mfa_delete = mfa_delete.or(standing.access.mfa_delete);
                Ok(Decision::Write(vec![Write::put(key, standing.encode())], ()))
            })
            .await
            .map_err(fault::catalog)??;
        Ok((PutBucketVersioningOutput::default(), None))
    }
}

/// Only the root of the bucket's account turns MFA delete on or off, and while it is on, versioning changes with a code
/// alone.
///
/// Source: AWS "Configuring MFA delete".
fn check_mfa(
    request: &Authorized<PutBucketVersioning>,
    bucket: &Bucket,
    asked: Option<bool>,
) -> Result<(), S3Error> {
    let standing = bucket.row.access.mfa_delete == Some(true);
    let turns = asked.is_some_and(|asked| asked != standing);
    if !standing && !turns {
        return Ok(());
    }
    marks::require_code(request.visitor())?;
    let owner = request.identity()?;
    if turns && !(owner.is_root() && owner.account == bucket.row.owner) {
        return Err(ErrorCode::AccessDenied.into());
    }
    Ok(())
}

impl Handle<GetBucketVersioning> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketVersioning>,
        _body: Body,
    ) -> Result<(GetBucketVersioningOutput, Option<Body>), S3Error> {
        let row = &request.bucket()?.row;
        let shown = |on: bool| if on { "Enabled" } else { "Disabled" }.to_owned();
        let output = GetBucketVersioningOutput {
            status: row.versioning.status().map(str::to_owned),
            mfa_delete: row.access.mfa_delete.map(shown),
        };
        Ok((output, None))
    }
}
