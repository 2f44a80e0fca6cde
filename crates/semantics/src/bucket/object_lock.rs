//! PutObjectLockConfiguration and GetObjectLockConfiguration.

use api::s3::{
    DefaultRetention as AskedDefault, GetObjectLockConfiguration, GetObjectLockConfigurationOutput,
    ObjectLockConfiguration, ObjectLockRule, PutObjectLockConfiguration, PutObjectLockConfigurationOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::space;
use catalog::{Decision, Write};
use model::limits::{RETENTION_DAYS_MAX, RETENTION_YEARS_MAX};
use model::{BucketLock, DefaultRetention, RetentionMode, RetentionPeriod, Versioning};

use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;
use crate::{fault, refuse, state};

impl Handle<PutObjectLockConfiguration> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutObjectLockConfiguration>,
        _body: Body,
    ) -> Result<(PutObjectLockConfigurationOutput, Option<Body>), S3Error> {
        let asked =
            request.input().object_lock_configuration.as_ref().ok_or(ErrorCode::MissingRequestBodyError)?;
        let lock = read(asked)?;
        let bucket = request.bucket()?.clone();
        self.catalog()
            .commit(bucket_group(bucket.name.as_str()), move |view, _| {
                let Some(mut standing) = state::bucket(view, &bucket)? else {
                    return Ok(Decision::Refuse(S3Error::from(ErrorCode::NoSuchBucket)));
                };
                if standing.versioning != Versioning::Enabled {
                    return Ok(Decision::Refuse(S3Error::with_message(
                        ErrorCode::InvalidBucketState,
                        "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
                    )));
                }
                standing.object_lock = Some(lock);
                Ok(Decision::Write(vec![Write::put(space::bucket(&bucket.name), standing.encode())], ()))
            })
            .await
            .map_err(fault::catalog)??;
        Ok((PutObjectLockConfigurationOutput::default(), None))
    }
}

fn read(asked: &ObjectLockConfiguration) -> Result<BucketLock, S3Error> {
    if asked.object_lock_enabled.as_deref() != Some("Enabled") {
        return Err(ErrorCode::MalformedXML.into());
    }
    let Some(rule) = &asked.rule else { return Ok(BucketLock::default()) };
    let default = rule.default_retention.as_ref().ok_or(ErrorCode::MalformedXML)?;
    refuse::if_present(&[("DefaultEventHold", default.default_event_hold.is_some())])?;
    let mode = default.mode.as_deref().and_then(RetentionMode::parse).ok_or(ErrorCode::MalformedXML)?;
    let period = match (default.days, default.years) {
        (Some(days), None) => RetentionPeriod::Days(positive("Days", days, RETENTION_DAYS_MAX)?),
        (None, Some(years)) => RetentionPeriod::Years(positive("Years", years, RETENTION_YEARS_MAX)?),
        _ => return Err(ErrorCode::MalformedXML.into()),
    };
    Ok(BucketLock { default: Some(DefaultRetention { mode, period }) })
}

fn positive(name: &'static str, count: i32, max: u32) -> Result<u32, S3Error> {
    let message = match u32::try_from(count) {
        Ok(count) if (1..=max).contains(&count) => return Ok(count),
        Ok(1..) => "Default retention period too large",
        _ => "Default retention period must be a positive integer value",
    };
    Err(S3Error::invalid_argument(name, &count.to_string(), message))
}

impl Handle<GetObjectLockConfiguration> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectLockConfiguration>,
        _body: Body,
    ) -> Result<(GetObjectLockConfigurationOutput, Option<Body>), S3Error> {
        let bucket = request.bucket()?;
        let lock = bucket.row.object_lock.ok_or_else(|| {
            S3Error::from(ErrorCode::ObjectLockConfigurationNotFoundError)
                .element("BucketName", bucket.name.as_str())
        })?;
        let rule = lock.default.map(|default| ObjectLockRule { default_retention: Some(shown(default)) });
        let configuration = ObjectLockConfiguration { object_lock_enabled: Some("Enabled".to_owned()), rule };
        Ok((GetObjectLockConfigurationOutput { object_lock_configuration: Some(configuration) }, None))
    }
}

fn shown(default: DefaultRetention) -> AskedDefault {
    let count = |count| i32::try_from(count).ok();
    let (days, years) = match default.period {
        RetentionPeriod::Days(days) => (count(days), None),
        RetentionPeriod::Years(years) => (None, count(years)),
    };
    AskedDefault { mode: Some(default.mode.name().to_owned()), days, years, default_event_hold: None }
}
