//! What the operations answer, as answers of the reference.

use crate::marks::{DefaultRetention, Hold, Retention, TagSet};
use crate::outcome::{
    Answer, DeleteError, Deleted, Listed, ListedVersion, Object, Objects, Part, Uploads, Versions,
};
use crate::{Names, Refusal, VersionName};
use api::{S3Error, s3};
use bytes::Bytes;
use model::{RetentionMode, StorageClass, Timestamp};

pub fn refusal(names: &mut Names, error: S3Error) -> Refusal {
    let header = |name: &str| error.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    let marked = header("x-amz-delete-marker").is_some_and(|value| value == "true");
    let marker = header("x-amz-version-id").filter(|_| marked).map(|id| names.version(id));
    Refusal { code: error.code.name().to_owned(), marker }
}

pub fn version(names: &mut Names, id: Option<String>) -> Option<VersionName> {
    id.map(|id| names.version(&id))
}

pub fn etag(tag: Option<String>) -> String {
    let tag = tag.expect("an ETag");
    let bare = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    bare.expect("an ETag in quotes").to_owned()
}

pub fn class(name: Option<String>) -> StorageClass {
    StorageClass::parse(&name.expect("a storage class")).expect("a known storage class")
}

/// `bytes 2-4/10`.
fn content_range(header: &str) -> (u64, u64) {
    let span =
        header.strip_prefix("bytes ").and_then(|rest| rest.split_once('/')).expect("a Content-Range").0;
    let (first, last) = span.split_once('-').expect("a span");
    (first.parse().expect("a number"), last.parse().expect("a number"))
}

/// The outputs of GetObject and HeadObject have the same members.
macro_rules! object {
    ($names:expr, $began:expr, $output:expr, $body:expr) => {{
        let output = $output;
        let until = output.object_lock_retain_until_date;
        Answer::Object(Box::new(Object {
            etag: etag(output.e_tag),
            version: version($names, output.version_id),
            content_type: output.content_type.expect("a content type"),
            metadata: output.metadata,
            class: output.storage_class.map(|name| class(Some(name))),
            len: output.content_length.expect("a length").cast_unsigned(),
            range: output.content_range.as_deref().map(content_range),
            parts_count: output.parts_count,
            tag_count: output.tag_count,
            hold: Hold {
                retention: retention(output.object_lock_mode, until, $began),
                legal_hold: legal_hold(output.object_lock_legal_hold_status),
            },
            body: $body,
        }))
    }};
}

pub fn got(names: &mut Names, began: Timestamp, output: s3::GetObjectOutput, body: Bytes) -> Answer {
    object!(names, began, output, Some(body))
}

pub fn headed(names: &mut Names, began: Timestamp, output: s3::HeadObjectOutput) -> Answer {
    object!(names, began, output, None)
}

pub fn retention(mode: Option<String>, until: Option<Timestamp>, began: Timestamp) -> Option<Retention> {
    assert_eq!(mode.is_some(), until.is_some(), "a mode comes with a date");
    let mode = RetentionMode::parse(&mode?).expect("a known mode");
    let millis = until?.millis() - began.millis();
    assert_eq!(millis % 1000, 0, "the clock stands on whole seconds");
    Some(Retention { mode, until: millis / 1000 })
}

pub fn legal_hold(status: Option<String>) -> Option<bool> {
    status.map(|status| match status.as_str() {
        "ON" => true,
        "OFF" => false,
        other => unreachable!("a legal hold is {other}"),
    })
}

pub fn tag_set(tags: Vec<s3::Tag>) -> TagSet {
    let pair = |tag: s3::Tag| (tag.key.expect("a key"), tag.value.expect("a value"));
    tags.into_iter().map(pair).collect()
}

pub fn lock(configuration: s3::ObjectLockConfiguration) -> Option<DefaultRetention> {
    assert_eq!(configuration.object_lock_enabled.as_deref(), Some("Enabled"));
    let default = configuration.rule?.default_retention.expect("a default");
    let mode = RetentionMode::parse(&default.mode.expect("a mode")).expect("a known mode");
    Some(DefaultRetention { mode, days: default.days, years: default.years })
}

pub fn deleted(names: &mut Names, output: s3::DeleteObjectsOutput) -> Answer {
    let one = |names: &mut Names, entry: s3::DeletedObject| {
        let named = version(names, entry.version_id);
        let marker = version(names, entry.delete_marker_version_id);
        assert_eq!(entry.delete_marker.unwrap_or(false), marker.is_some(), "a marker has an id");
        Deleted { key: entry.key.expect("a key"), version: named, marker }
    };
    let deleted = output.deleted.into_iter().map(|entry| one(names, entry)).collect();
    let errors = output.errors.into_iter().map(|error| DeleteError {
        key: error.key.expect("a key"),
        version: version(names, error.version_id),
        code: error.code.expect("a code"),
    });
    Answer::DeletedMany { deleted, errors: errors.collect() }
}

fn listed(object: s3::Object) -> Listed {
    Listed {
        key: object.key.expect("a key"),
        etag: etag(object.e_tag),
        size: object.size.expect("a size").cast_unsigned(),
        class: class(object.storage_class),
    }
}

fn prefixes(prefixes: Vec<s3::CommonPrefix>) -> Vec<String> {
    prefixes.into_iter().map(|prefix| prefix.prefix.expect("a prefix")).collect()
}

pub fn objects(output: s3::ListObjectsOutput) -> Answer {
    Answer::Objects(Objects {
        objects: output.contents.into_iter().map(listed).collect(),
        prefixes: prefixes(output.common_prefixes),
        truncated: output.is_truncated.expect("IsTruncated"),
        next_marker: output.next_marker,
        next_token: None,
    })
}

pub fn objects_v2(names: &mut Names, output: s3::ListObjectsV2Output) -> Answer {
    let objects: Vec<Listed> = output.contents.into_iter().map(listed).collect();
    let prefixes = prefixes(output.common_prefixes);
    let count = i32::try_from(objects.len() + prefixes.len()).expect("a page");
    assert_eq!(output.key_count, Some(count), "KeyCount counts keys and common prefixes");
    Answer::Objects(Objects {
        objects,
        prefixes,
        truncated: output.is_truncated.expect("IsTruncated"),
        next_marker: None,
        next_token: output.next_continuation_token.map(|token| names.token(&token)),
    })
}

pub fn versions(names: &mut Names, output: s3::ListObjectVersionsOutput) -> Answer {
    let versions = output.versions.into_iter().map(|entry| ListedVersion {
        key: entry.key.expect("a key"),
        version: names.version(&entry.version_id.expect("a version id")),
        latest: entry.is_latest.expect("IsLatest"),
        object: Some((etag(entry.e_tag), entry.size.expect("a size").cast_unsigned())),
    });
    let versions = versions.collect();
    let markers = output.delete_markers.into_iter().map(|entry| ListedVersion {
        key: entry.key.expect("a key"),
        version: names.version(&entry.version_id.expect("a version id")),
        latest: entry.is_latest.expect("IsLatest"),
        object: None,
    });
    Answer::Versions(Versions {
        versions,
        markers: markers.collect(),
        prefixes: prefixes(output.common_prefixes),
        truncated: output.is_truncated.expect("IsTruncated"),
        next_key: output.next_key_marker,
        next_version: version(names, output.next_version_id_marker),
    })
}

pub fn uploads(names: &mut Names, output: s3::ListMultipartUploadsOutput) -> Answer {
    let truncated = output.is_truncated.expect("IsTruncated");
    let uploads = output.uploads.into_iter().map(|upload| {
        let name = names.upload(&upload.upload_id.expect("an upload id"));
        (upload.key.expect("a key"), name)
    });
    let uploads = uploads.collect();
    // S3 shows the markers of a page that is not the last; on the last one they mean nothing.
    let next_upload = output.next_upload_id_marker.filter(|id| truncated && !id.is_empty());
    Answer::Uploads(Uploads {
        uploads,
        prefixes: prefixes(output.common_prefixes),
        truncated,
        next_key: output.next_key_marker.filter(|_| truncated),
        next_upload: next_upload.map(|id| names.upload(&id)),
    })
}

pub fn parts(output: s3::ListPartsOutput) -> Answer {
    let parts = output.parts.into_iter().map(|part| Part {
        number: part.part_number.expect("a part number"),
        etag: etag(part.e_tag),
        size: part.size.expect("a size").cast_unsigned(),
    });
    let truncated = output.is_truncated.expect("IsTruncated");
    Answer::Parts { parts: parts.collect(), next: output.next_part_number_marker.filter(|_| truncated) }
}
