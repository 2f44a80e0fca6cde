//! What a sequence asks, as inputs of the generated operations.

use crate::marks::{DefaultRetention, Hold, TagSet};
use crate::operation::{Filter, Moment, ReadConditions, Tags, WriteConditions};
use api::s3;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use model::Timestamp;

pub fn moment(moment: Moment) -> Timestamp {
    Timestamp::from_seconds(match moment {
        Moment::LongAgo => 946_684_800,
        // The clock of a run moves by decades: its sequences wait for retentions to run out.
        Moment::FarAhead => 253_370_764_800,
    })
}

pub fn tags(tags: Option<&Tags>) -> Option<String> {
    tags.map(Tags::header)
}

pub fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// Absent when empty, as clients leave it out.
pub fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub fn write_conditions(conditions: &WriteConditions) -> (Option<String>, Option<String>) {
    (conditions.if_match.as_deref().map(quoted), conditions.if_none_match.then(|| "*".to_owned()))
}

/// `x-amz-copy-source`: every byte that is not a letter or digit is escaped, but for the slash after the bucket.
pub fn copy_source(bucket: &str, key: &str, version_id: Option<&str>) -> String {
    let version = version_id.map(|id| format!("?versionId={id}")).unwrap_or_default();
    format!("{bucket}/{}{version}", escaped(key))
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// `x-amz-tagging`.
pub fn tagging_header(tags: &TagSet) -> Option<String> {
    let pairs: Vec<String> =
        tags.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
    some(&pairs.join("&"))
}

pub fn tag_set(tags: &TagSet) -> Vec<s3::Tag> {
    tags.iter().map(|(key, value)| s3::Tag { key: Some(key.clone()), value: Some(value.clone()) }).collect()
}

pub fn mode(hold: Hold) -> Option<String> {
    hold.retention.map(|retention| retention.mode.name().to_owned())
}

pub fn until(hold: Hold, began: Timestamp) -> Option<Timestamp> {
    hold.retention.map(|retention| after(began, retention.until))
}

pub fn legal_hold(hold: Hold) -> Option<String> {
    hold.legal_hold.map(on_or_off)
}

pub fn on_or_off(on: bool) -> String {
    if on { "ON" } else { "OFF" }.to_owned()
}

pub fn after(began: Timestamp, seconds: i64) -> Timestamp {
    began.plus_millis(seconds * 1000)
}

pub fn content_md5(body: &[u8]) -> String {
    BASE64.encode(Md5::digest(body))
}

pub fn lock_configuration(default: Option<DefaultRetention>) -> s3::ObjectLockConfiguration {
    let rule = default.map(|default| s3::ObjectLockRule {
        default_retention: Some(s3::DefaultRetention {
            mode: Some(default.mode.name().to_owned()),
            days: default.days,
            years: default.years,
            ..Default::default()
        }),
    });
    s3::ObjectLockConfiguration { object_lock_enabled: Some("Enabled".to_owned()), rule }
}

pub struct SourceConditions {
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

pub fn read_conditions(conditions: &ReadConditions) -> SourceConditions {
    SourceConditions {
        if_match: tags(conditions.if_match.as_ref()),
        if_none_match: tags(conditions.if_none_match.as_ref()),
        if_modified_since: conditions.if_modified_since.map(moment),
        if_unmodified_since: conditions.if_unmodified_since.map(moment),
    }
}

pub fn create_bucket(bucket: String, lock: bool, tags: &TagSet) -> s3::CreateBucketInput {
    let configuration = s3::CreateBucketConfiguration {
        location_constraint: Some(super::REGION.to_owned()),
        tags: tag_set(tags),
        ..Default::default()
    };
    s3::CreateBucketInput {
        bucket,
        create_bucket_configuration: Some(configuration),
        object_lock_enabled_for_bucket: lock.then_some(true),
        ..Default::default()
    }
}

pub fn list_objects(bucket: String, filter: &Filter, marker: &str) -> s3::ListObjectsInput {
    s3::ListObjectsInput {
        bucket,
        prefix: some(&filter.prefix),
        delimiter: some(&filter.delimiter),
        max_keys: filter.max,
        marker: some(marker),
        ..Default::default()
    }
}

pub fn list_objects_v2(
    bucket: String,
    filter: &Filter,
    start_after: &str,
    token: Option<String>,
) -> s3::ListObjectsV2Input {
    s3::ListObjectsV2Input {
        bucket,
        prefix: some(&filter.prefix),
        delimiter: some(&filter.delimiter),
        max_keys: filter.max,
        start_after: some(start_after),
        continuation_token: token,
        ..Default::default()
    }
}
