//! Tags and object lock, as clients give them with a new object.

use api::s3::Tag;
use api::{ErrorCode, S3Error};
use catalog::table::BucketRow;
use model::limits::OBJECT_TAGS_MAX;
use model::{Hold, Retention, RetentionMode, Timestamp};
use rules::tagging::{self, Refusal, Tags};

/// The hold that an input of PutObject, CopyObject or CreateMultipartUpload asks for.
macro_rules! hold_of {
    ($input:expr, $bucket:expr, $now:expr) => {
        $crate::marks::hold_of_headers(
            $bucket,
            $input.object_lock_mode.as_deref(),
            $input.object_lock_retain_until_date,
            $input.object_lock_legal_hold_status.as_deref(),
            $now,
        )
    };
}

pub(crate) use hold_of;

pub(crate) fn tags_of_header(header: Option<&str>) -> Result<Tags, S3Error> {
    let header = header.unwrap_or_default();
    let mut tags = tagging::parse_header(header).ok_or_else(|| malformed_header(header))?;
    tags.sort();
    tagging::check(&tags, OBJECT_TAGS_MAX).map_err(|refusal| refused(refusal, TOO_MANY))?;
    Ok(tags)
}

fn malformed_header(header: &str) -> S3Error {
    S3Error::invalid_argument(
        "x-amz-tagging",
        header,
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    )
}

const TOO_MANY: &str = "Object tags cannot be greater than";

pub(crate) fn check_object_tags(tags: &[(String, String)]) -> Result<(), S3Error> {
    tagging::check(tags, OBJECT_TAGS_MAX).map_err(|refusal| match refusal {
        Refusal::Reserved { key } => {
            S3Error::with_message(ErrorCode::InvalidTag, "Your TagKey cannot be prefixed with aws:")
                .element("TagKey", key)
        }
        refusal => refused(refusal, TOO_MANY),
    })
}

pub(crate) fn check_bucket_tags(tags: &[(String, String)]) -> Result<(), S3Error> {
    tagging::check(tags, model::limits::BUCKET_TAGS_MAX)
        .map_err(|refusal| refused(refusal, "Bucket tag count cannot be greater than"))
}

fn refused(refusal: Refusal, too_many: &str) -> S3Error {
    let invalid = |message: &'static str| S3Error::with_message(ErrorCode::InvalidTag, message);
    match refusal {
        Refusal::TooMany { max, .. } => {
            S3Error::with_message(ErrorCode::BadRequest, format!("{too_many} {max}"))
        }
        Refusal::Duplicate { key } => {
            invalid("Cannot provide multiple Tags with the same key").element("TagKey", key)
        }
        Refusal::Key { key } => invalid("The TagKey you have provided is invalid").element("TagKey", key),
        Refusal::Value { key, value } => invalid("The TagValue you have provided is invalid")
            .element("TagKey", key)
            .element("TagValue", value),
        Refusal::Reserved { key } => {
            invalid("System tags cannot be added/updated by requester").element("TagKey", key)
        }
    }
}

/// A `TagSet` as pairs in the order of their keys; each tag has both of its elements.
pub(crate) fn tags_of_set(set: &[Tag]) -> Result<Tags, S3Error> {
    let pair = |tag: &Tag| Some((tag.key.clone()?, tag.value.clone()?));
    let pairs: Option<Tags> = set.iter().map(pair).collect();
    let mut pairs = pairs.ok_or(ErrorCode::MalformedXML)?;
    pairs.sort();
    Ok(pairs)
}

pub(crate) fn set_of_tags(tags: &[(String, String)]) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: Some(key.clone()), value: Some(value.clone()) }).collect()
}

pub(crate) fn hold_of_headers(
    bucket: &BucketRow,
    mode: Option<&str>,
    until: Option<Timestamp>,
    legal_hold: Option<&str>,
    now: Timestamp,
) -> Result<Hold, S3Error> {
    let argument = |name, value: &str, message: &'static str| S3Error::invalid_argument(name, value, message);
    let retention = match (mode, until) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            let mode = RetentionMode::parse(mode)
                .ok_or_else(|| argument("x-amz-object-lock-mode", mode, "Unknown wormMode directive."))?;
            if until <= now {
                return Err(argument(UNTIL, &until.to_iso8601().replace(".000Z", "Z"), PAST));
            }
            Some(Retention::new(mode, until))
        }
        (mode, _) => {
            let missing = if mode.is_some() { UNTIL } else { "x-amz-object-lock-mode" };
            let message =
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
            return Err(
                S3Error::with_message(ErrorCode::InvalidArgument, message).element("ArgumentName", missing)
            );
        }
    };
    let legal_hold = match legal_hold {
        None => None,
        Some("ON") => Some(true),
        Some("OFF") => Some(false),
        Some(other) => {
            let name = "x-amz-object-lock-legal-hold";
            return Err(argument(name, other, "Legal Hold must be either of 'ON' or 'OFF'"));
        }
    };
    if retention.is_some() || legal_hold.is_some() {
        // Here S3 writes its name as one word.
        require_lock(bucket).map_err(|_| {
            S3Error::with_message(ErrorCode::InvalidRequest, "Bucket is missing ObjectLockConfiguration")
        })?;
    }
    Ok(Hold { retention, legal_hold })
}

const UNTIL: &str = "x-amz-object-lock-retain-until-date";
pub(crate) const PAST: &str = "The retain until date must be in the future!";

/// What asks for object lock needs a bucket that has it.
pub(crate) fn require_lock(bucket: &BucketRow) -> Result<(), S3Error> {
    match bucket.object_lock {
        Some(_) => Ok(()),
        None => Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "Bucket is missing Object Lock Configuration",
        )),
    }
}

/// What MFA delete protects is done with a code of a device alone.
pub(crate) fn require_code(caller: &auth::Caller) -> Result<(), S3Error> {
    if caller.shows_code() {
        return Ok(());
    }
    let message = "Mfa Authentication must be used for this request";
    Err(S3Error::with_message(ErrorCode::AccessDenied, message))
}

/// A bypass means something only where there is something to bypass.
pub(crate) fn read_bypass(bucket: &BucketRow, asked: Option<bool>) -> Result<bool, S3Error> {
    let bypass = asked == Some(true);
    if bypass && bucket.object_lock.is_none() {
        let name = "x-amz-bypass-governance-retention";
        let message = "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.";
        return Err(S3Error::invalid_argument(name, "true", message));
    }
    Ok(bypass)
}

/// What object lock answers to whoever would delete or shorten what it keeps.
pub(crate) fn locked() -> S3Error {
    S3Error::with_message(ErrorCode::AccessDenied, "Access Denied because object protected by object lock.")
}

/// A new version's hold: a bucket's default stands in for a retention that was not asked for.
pub(crate) fn settled_hold(asked: Hold, bucket: &BucketRow, created: Timestamp) -> Hold {
    let default = bucket.object_lock.and_then(|lock| lock.default);
    let retention = asked.retention.or_else(|| default.map(|default| default.from(created)));
    Hold { retention, ..asked }
}

pub(crate) fn shown_legal_hold(on: bool) -> String {
    if on { "ON" } else { "OFF" }.to_owned()
}
