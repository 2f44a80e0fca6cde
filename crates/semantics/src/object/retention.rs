//! PutObjectRetention and GetObjectRetention.

use api::s3::{
    GetObjectRetention, GetObjectRetentionOutput, ObjectLockRetention, PutObjectRetention,
    PutObjectRetentionOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use model::{Retention, RetentionMode, Timestamp};
use rules::object_lock::{self, Choice};

use crate::hall::Hall;
use crate::handle::Handle;
use crate::object::change::Standing;
use crate::{attributes, marks, refuse};

impl Handle<PutObjectRetention> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutObjectRetention>,
        _body: Body,
    ) -> Result<(PutObjectRetentionOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        marks::require_lock(&bucket.row)?;
        let asked = input.retention.as_ref().ok_or(ErrorCode::MalformedXML)?;
        let new = read(asked, self.clock().now())?;
        let bypass = input.bypass_governance_retention == Some(true);
        let change = move |standing: &mut Standing<'_>| {
            let held = &mut standing.marks.hold.retention;
            match object_lock::choose_retention(*held, new, bypass, standing.now) {
                Choice::Refuse => Err(marks::locked()),
                Choice::Proceed => {
                    *held = new;
                    Ok(())
                }
            }
        };
        self.change_marks(bucket, &key, input.version_id.as_deref(), "PUT", change).await?;
        Ok((PutObjectRetentionOutput::default(), None))
    }
}

/// An empty element takes the retention away.
fn read(asked: &ObjectLockRetention, now: Timestamp) -> Result<Option<Retention>, S3Error> {
    refuse::if_present(&[("EventHold", asked.event_hold.is_some() || asked.event_hold_duration.is_some())])?;
    let (mode, until) = match (asked.mode.as_deref(), asked.retain_until_date) {
        (None, None) => return Ok(None),
        (Some(mode), Some(until)) => (RetentionMode::parse(mode), until),
        _ => return Err(ErrorCode::MalformedXML.into()),
    };
    let mode = mode.ok_or(ErrorCode::MalformedXML)?;
    if until <= now {
        return Err(S3Error::invalid_argument("RetainUntilDate", &until.to_iso8601(), marks::PAST));
    }
    Ok(Some(Retention::new(mode, until)))
}

impl Handle<GetObjectRetention> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectRetention>,
        _body: Body,
    ) -> Result<(GetObjectRetentionOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        marks::require_lock(&bucket.row)?;
        let (found, _) = self.marks(bucket, &key, input.version_id.as_deref())?;
        let standing = found.hold.retention.ok_or(ErrorCode::NoSuchObjectLockConfiguration)?;
        let retention = ObjectLockRetention {
            mode: Some(standing.mode.name().to_owned()),
            retain_until_date: Some(standing.until),
            ..Default::default()
        };
        Ok((GetObjectRetentionOutput { retention: Some(retention) }, None))
    }
}
