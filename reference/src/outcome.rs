//! What is answered, as plain values that two stores can be compared by.
//!
//! Times are absent but for retentions, which count from the sequence's beginning: no two stores act at the same moment. ETags are without quotes.

use bytes::Bytes;
use model::StorageClass;

use crate::marks::{DefaultRetention, Hold, Retention, TagSet};
use crate::{TokenName, UploadName, VersionName};

pub type Outcome = Result<Answer, Refusal>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// S3's error code; `NotModified` for a 304.
    pub code: String,
    /// The delete marker in the way: `x-amz-delete-marker: true` and its version id.
    pub marker: Option<VersionName>,
}

impl Refusal {
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), marker: None }
    }
}

impl From<&str> for Refusal {
    fn from(code: &str) -> Self {
        Self::new(code)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing to tell.
    Done,
    Buckets {
        names: Vec<String>,
        next: Option<TokenName>,
    },
    Versioning(Option<bool>),
    Tags {
        tags: TagSet,
        version: Option<VersionName>,
    },
    /// The version whose tags changed.
    Tagged(Option<VersionName>),
    /// Object lock of a bucket, with the default that it may have.
    Lock(Option<DefaultRetention>),
    Retention(Retention),
    LegalHold(bool),
    Attributes(ObjectAttributes),
    Put {
        etag: String,
        version: Option<VersionName>,
    },
    Object(Box<Object>),
    Deleted {
        marker: bool,
        version: Option<VersionName>,
    },
    DeletedMany {
        deleted: Vec<Deleted>,
        errors: Vec<DeleteError>,
    },
    Copied {
        etag: String,
        version: Option<VersionName>,
        source: Option<VersionName>,
    },
    Objects(Objects),
    Versions(Versions),
    Started(UploadName),
    Part {
        etag: String,
        source: Option<VersionName>,
    },
    Parts {
        parts: Vec<Part>,
        next: Option<i32>,
    },
    Uploads(Uploads),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub etag: String,
    pub version: Option<VersionName>,
    pub content_type: String,
    pub metadata: Vec<(String, String)>,
    /// Absent for STANDARD, as in the header.
    pub class: Option<StorageClass>,
    /// Content-Length.
    pub len: u64,
    /// First and last byte of the Content-Range of a 206.
    pub range: Option<(u64, u64)>,
    /// `x-amz-mp-parts-count`.
    pub parts_count: Option<i32>,
    /// `x-amz-tagging-count`, absent for none.
    pub tag_count: Option<i32>,
    pub hold: Hold,
    /// Absent for HEAD.
    pub body: Option<Bytes>,
}

/// Of GetObjectAttributes: what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectAttributes {
    pub version: Option<VersionName>,
    pub etag: Option<String>,
    /// `TotalPartsCount`.
    pub parts: Option<i32>,
    pub class: Option<StorageClass>,
    pub size: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Deleted {
    pub key: String,
    /// The version that the request named.
    pub version: Option<VersionName>,
    /// The delete marker that was made or removed.
    pub marker: Option<VersionName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeleteError {
    pub key: String,
    pub version: Option<VersionName>,
    pub code: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub key: String,
    pub etag: String,
    pub size: u64,
    pub class: StorageClass,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    pub objects: Vec<Listed>,
    pub prefixes: Vec<String>,
    pub truncated: bool,
    /// V1's NextMarker.
    pub next_marker: Option<String>,
    /// V2's NextContinuationToken.
    pub next_token: Option<TokenName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListedVersion {
    pub key: String,
    pub version: VersionName,
    pub latest: bool,
    /// ETag and size; absent for a delete marker.
    pub object: Option<(String, u64)>,
}

/// Versions and delete markers stand apart in S3's answer, so they do here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Versions {
    pub versions: Vec<ListedVersion>,
    pub markers: Vec<ListedVersion>,
    pub prefixes: Vec<String>,
    pub truncated: bool,
    pub next_key: Option<String>,
    pub next_version: Option<VersionName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub number: i32,
    pub etag: String,
    pub size: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uploads {
    pub uploads: Vec<(String, UploadName)>,
    pub prefixes: Vec<String>,
    pub truncated: bool,
    pub next_key: Option<String>,
    pub next_upload: Option<UploadName>,
}
