//! PutObjectLegalHold and GetObjectLegalHold.

use api::s3::{
    GetObjectLegalHold, GetObjectLegalHoldOutput, ObjectLockLegalHold, PutObjectLegalHold,
    PutObjectLegalHoldOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;

use crate::hall::Hall;
use crate::handle::Handle;
use crate::object::change::Standing;
use crate::{attributes, marks};

impl Handle<PutObjectLegalHold> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutObjectLegalHold>,
        _body: Body,
    ) -> Result<(PutObjectLegalHoldOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        marks::require_lock(&bucket.row)?;
        let legal_hold = match input.legal_hold.as_ref().and_then(|hold| hold.status.as_deref()) {
            Some("ON") => true,
            Some("OFF") => false,
            _ => return Err(ErrorCode::MalformedXML.into()),
        };
        let change = move |standing: &mut Standing<'_>| {
            standing.marks.hold.legal_hold = Some(legal_hold);
            Ok(())
        };
        self.change_marks(bucket, &key, input.version_id.as_deref(), "PUT", change).await?;
        Ok((PutObjectLegalHoldOutput::default(), None))
    }
}

impl Handle<GetObjectLegalHold> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectLegalHold>,
        _body: Body,
    ) -> Result<(GetObjectLegalHoldOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        marks::require_lock(&bucket.row)?;
        let (found, _) = self.marks(bucket, &key, input.version_id.as_deref())?;
        let on = found.hold.legal_hold.ok_or(ErrorCode::NoSuchObjectLockConfiguration)?;
        let status = Some(marks::shown_legal_hold(on));
        let legal_hold = Some(ObjectLockLegalHold { status });
        Ok((GetObjectLegalHoldOutput { legal_hold }, None))
    }
}
