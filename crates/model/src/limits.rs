//! Every bound that a request can meet, in one file.
//!
//! Sources: AWS "Amazon S3 multipart upload limits", "Object key naming", "Working with object metadata",
//! "Bucket quotas, limitations, and restrictions", "Uploading objects", "Annotating your objects", "Amazon S3 Developer
//! Guide: RestErrors".

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;
const TIB: u64 = 1024 * GIB;

/// Longest object key, in bytes of UTF-8.
pub const KEY_BYTES_MAX: usize = 1024;
/// Largest body of one PutObject, UploadPart or CopyObject.
pub const PUT_BYTES_MAX: u64 = 5 * GIB;
/// Smallest part of a multipart upload, except the last.
pub const PART_BYTES_MIN: u64 = 5 * MIB;
/// Largest object that a multipart upload may make.
pub const OBJECT_BYTES_MAX: u64 = 50 * TIB;
/// Highest part number.
pub const PART_NUMBER_MAX: u32 = 10_000;
/// User metadata: the sum of the bytes of its names (without the prefix) and values.
pub const USER_METADATA_BYTES_MAX: usize = 2 * 1024;
/// Tags of one object.
pub const OBJECT_TAGS_MAX: usize = 10;
/// Tags of one bucket.
pub const BUCKET_TAGS_MAX: usize = 50;
/// A tag's key, in UTF-16 units.
pub const TAG_KEY_UNITS_MAX: usize = 128;
/// A tag's value, in UTF-16 units.
pub const TAG_VALUE_UNITS_MAX: usize = 256;
/// Longest name of an annotation, in bytes of UTF-8.
pub const ANNOTATION_NAME_BYTES_MAX: usize = 512;
/// Largest payload of one annotation.
pub const ANNOTATION_BYTES_MAX: u64 = MIB;
/// Annotations of one version.
pub const ANNOTATIONS_MAX: u32 = 1000;
/// The longest default retention of a bucket, in years.
pub const RETENTION_YEARS_MAX: u32 = 100;
/// The same in days.
pub const RETENTION_DAYS_MAX: u32 = RETENTION_YEARS_MAX * 365;
/// All header bytes of a request together.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Header lines in a request.
pub const HEADERS_MAX: usize = 200;
/// The request line (method, path and query).
pub const REQUEST_LINE_BYTES_MAX: usize = 16 * 1024;
/// Keys, versions, parts or uploads in one page of a listing.
pub const LIST_PAGE_MAX: u32 = 1000;
/// Buckets in one page of ListBuckets.
pub const LIST_BUCKETS_PAGE_MAX: u32 = 10_000;
/// Access points that one account may have (AWS's default quota).
pub const ACCESS_POINTS_PER_ACCOUNT_MAX: u32 = 10_000;
/// Access points in one page of ListAccessPoints.
pub const LIST_ACCESS_POINTS_PAGE_MAX: usize = 1000;
/// Buckets that one account may own (AWS's default quota).
pub const BUCKETS_PER_ACCOUNT_MAX: u32 = 10_000;
/// Keys in one DeleteObjects.
pub const DELETE_OBJECTS_MAX: usize = 1000;
/// Grants in one ACL.
pub const ACL_GRANTS_MAX: usize = 100;
/// CORS rules of one bucket.
pub const CORS_RULES_MAX: usize = 100;
pub const CORS_RULE_ID_CHARS_MAX: usize = 255;
/// The XML body of a request that has no limit of its own. DeleteObjects with 1,000 keys of 1,024 bytes, each
/// escaped, stays below it; so does CompleteMultipartUpload with 10,000 parts and their checksums.
pub const XML_BYTES_MAX: u64 = 4 * MIB;
/// A form that asks IAM or STS for something: their longest documents, escaped, stay far below it.
pub const QUERY_BYTES_MAX: u64 = MIB;
/// How deep elements may lie in each other; S3's own documents need 8.
pub const XML_DEPTH_MAX: u32 = 32;
/// Elements in one document: 10,000 parts with every checksum stay below it.
pub const XML_ELEMENTS_MAX: u32 = 150_000;
/// The form fields of a POST upload before its file.
pub const FORM_FIELDS_BYTES_MAX: usize = 20 * 1024;
/// Longest life of a presigned URL, in seconds (7 days).
pub const PRESIGN_EXPIRES_S_MAX: u64 = 7 * 24 * 3600;
/// How far a request's date may be from ours, in seconds.
pub const CLOCK_SKEW_S_MAX: u64 = 15 * 60;
