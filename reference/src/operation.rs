//! What can be asked, as plain values.

use model::StorageClass;

use crate::marks::{DefaultRetention, Marks, Retention, TagSet};
use crate::{Body, TokenName, UploadName, VersionName};

#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Not an operation of S3: time passes.
    Wait {
        seconds: i64,
    },
    CreateBucket {
        bucket: String,
        lock: bool,
        tags: TagSet,
    },
    DeleteBucket {
        bucket: String,
    },
    HeadBucket {
        bucket: String,
    },
    ListBuckets(ListBuckets),
    PutBucketVersioning {
        bucket: String,
        enabled: bool,
    },
    GetBucketVersioning {
        bucket: String,
    },
    PutBucketTagging {
        bucket: String,
        tags: TagSet,
    },
    GetBucketTagging {
        bucket: String,
    },
    DeleteBucketTagging {
        bucket: String,
    },
    PutObjectLockConfiguration {
        bucket: String,
        default: Option<DefaultRetention>,
    },
    GetObjectLockConfiguration {
        bucket: String,
    },
    PutObject(PutObject),
    GetObject(Read),
    HeadObject(Read),
    DeleteObject(Delete),
    DeleteObjects(DeleteMany),
    CopyObject(Copy),
    PutObjectTagging {
        at: At,
        tags: TagSet,
    },
    GetObjectTagging(At),
    DeleteObjectTagging(At),
    PutObjectRetention {
        at: At,
        retention: Option<Retention>,
        bypass: bool,
    },
    GetObjectRetention(At),
    PutObjectLegalHold {
        at: At,
        on: bool,
    },
    GetObjectLegalHold(At),
    GetObjectAttributes(GetAttributes),
    ListObjects(ListObjects),
    ListObjectsV2(ListObjectsV2),
    ListObjectVersions(ListVersions),
    CreateMultipartUpload {
        bucket: String,
        key: String,
        attributes: Attributes,
        marks: Marks,
    },
    UploadPart {
        bucket: String,
        key: String,
        upload: UploadName,
        number: i32,
        body: Body,
    },
    UploadPartCopy(CopyPart),
    CompleteMultipartUpload(Complete),
    AbortMultipartUpload {
        bucket: String,
        key: String,
        upload: UploadName,
    },
    ListParts {
        bucket: String,
        key: String,
        upload: UploadName,
        after: Option<i32>,
        max: Option<i32>,
    },
    ListMultipartUploads(ListUploads),
}

/// What a client says of an object besides its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    pub content_type: Option<String>,
    /// User metadata; names in lower case, without `x-amz-meta-`.
    pub metadata: Vec<(String, String)>,
    pub class: Option<StorageClass>,
}

/// The value of If-Match or If-None-Match.
#[derive(Clone, Debug, PartialEq)]
pub enum Tags {
    Any,
    /// ETags without their quotes.
    These(Vec<String>),
}

impl Tags {
    pub fn name(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag == etag),
        }
    }

    /// As in a header.
    pub fn header(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::These(tags) => tags.iter().map(|tag| format!("\"{tag}\"")).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Dates that are certainly before or after every modification of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    LongAgo,
    FarAhead,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadConditions {
    pub if_match: Option<Tags>,
    pub if_none_match: Option<Tags>,
    pub if_modified_since: Option<Moment>,
    pub if_unmodified_since: Option<Moment>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteConditions {
    /// One ETag without its quotes.
    pub if_match: Option<String>,
    /// `If-None-Match: *`, the only form that S3 takes on writes.
    pub if_none_match: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListBuckets {
    pub prefix: String,
    pub max: Option<i32>,
    pub token: Option<TokenName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PutObject {
    pub bucket: String,
    pub key: String,
    pub body: Body,
    /// With Content-MD5, which object lock asks for.
    pub proven: bool,
    pub attributes: Attributes,
    pub marks: Marks,
    pub conditions: WriteConditions,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub bucket: String,
    pub key: String,
    pub version: Option<VersionName>,
    /// The Range header as sent.
    pub range: Option<String>,
    pub part_number: Option<i32>,
    pub conditions: ReadConditions,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub bucket: String,
    pub key: String,
    pub version: Option<VersionName>,
    pub if_match: Option<Tags>,
    pub bypass: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeleteMany {
    pub bucket: String,
    pub quiet: bool,
    pub bypass: bool,
    pub entries: Vec<DeleteEntry>,
}

/// An object or one of its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct At {
    pub bucket: String,
    pub key: String,
    pub version: Option<VersionName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GetAttributes {
    pub at: At,
    /// As in `x-amz-object-attributes`.
    pub names: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeleteEntry {
    pub key: String,
    pub version: Option<VersionName>,
    /// The `ETag` element, without quotes.
    pub etag: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub bucket: String,
    pub key: String,
    pub version: Option<VersionName>,
    pub conditions: ReadConditions,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    pub source: Source,
    pub bucket: String,
    pub key: String,
    /// `x-amz-metadata-directive: REPLACE`; else the header is not sent.
    pub replace: bool,
    pub attributes: Attributes,
    /// `x-amz-tagging-directive: REPLACE`; else no tags are sent.
    pub replace_tags: bool,
    pub marks: Marks,
    pub conditions: WriteConditions,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CopyPart {
    pub source: Source,
    /// `x-amz-copy-source-range`, first and last.
    pub range: Option<(u64, u64)>,
    pub bucket: String,
    pub key: String,
    pub upload: UploadName,
    pub number: i32,
}

/// What both listings of objects share, and those of versions and uploads too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub bucket: String,
    pub prefix: String,
    /// Empty for none.
    pub delimiter: String,
    pub max: Option<i32>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListObjects {
    pub filter: Filter,
    pub marker: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListObjectsV2 {
    pub filter: Filter,
    pub start_after: String,
    pub token: Option<TokenName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListVersions {
    pub filter: Filter,
    pub key_marker: Option<String>,
    pub version_marker: Option<VersionName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListUploads {
    pub filter: Filter,
    pub key_marker: Option<String>,
    pub upload_marker: Option<UploadName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Complete {
    pub bucket: String,
    pub key: String,
    pub upload: UploadName,
    /// Part numbers and ETags without quotes.
    pub parts: Vec<(i32, String)>,
    pub conditions: WriteConditions,
}
