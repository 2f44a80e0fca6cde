//! What a sequence asks, as inputs of the generated operations.

use api::s3;
use model::Timestamp;
use reference::operation::{Filter, Moment, ReadConditions, Tags, WriteConditions};

pub fn moment(moment: Moment) -> Timestamp {
    Timestamp::from_seconds(match moment {
        Moment::LongAgo => 946_684_800,
        Moment::FarAhead => 4_102_444_800,
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
    let key: String = key
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let version = version_id.map(|id| format!("?versionId={id}")).unwrap_or_default();
    format!("{bucket}/{key}{version}")
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

pub fn create_bucket(bucket: String) -> s3::CreateBucketInput {
    let configuration = s3::CreateBucketConfiguration {
        location_constraint: Some(crate::house::REGION.to_owned()),
        ..Default::default()
    };
    s3::CreateBucketInput { bucket, create_bucket_configuration: Some(configuration), ..Default::default() }
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
