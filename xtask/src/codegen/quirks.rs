//! What S3 does and its model does not say. Sources: AWS "Amazon S3 API Reference" (the response syntax of each
//! operation) and what AWS's own SDKs expect to parse.

/// The root element of a response whose body has several fields.
pub fn root(operation: &str) -> String {
    let root = match operation {
        "CompleteMultipartUpload" => "CompleteMultipartUploadResult",
        "CreateMultipartUpload" => "InitiateMultipartUploadResult",
        "CreateSession" => "CreateSessionResult",
        "DeleteObjects" => "DeleteResult",
        "GetBucketAccelerateConfiguration" => "AccelerateConfiguration",
        "GetBucketAcl" | "GetObjectAcl" => "AccessControlPolicy",
        "GetBucketCors" => "CORSConfiguration",
        "GetBucketLifecycle" | "GetBucketLifecycleConfiguration" => "LifecycleConfiguration",
        "GetBucketLogging" => "BucketLoggingStatus",
        "GetBucketNotification" | "GetBucketNotificationConfiguration" => "NotificationConfiguration",
        "GetBucketRequestPayment" => "RequestPaymentConfiguration",
        "GetBucketTagging" | "GetObjectTagging" => "Tagging",
        "GetBucketVersioning" => "VersioningConfiguration",
        "GetBucketWebsite" => "WebsiteConfiguration",
        "GetObjectAttributes" => "GetObjectAttributesResponse",
        "ListBucketAnalyticsConfigurations" => "ListBucketAnalyticsConfigurationResult",
        "ListBucketInventoryConfigurations" => "ListInventoryConfigurationsResult",
        "ListBucketMetricsConfigurations" => "ListMetricsConfigurationsResult",
        "ListBuckets" => "ListAllMyBucketsResult",
        "ListDirectoryBuckets" => "ListAllMyDirectoryBucketsResult",
        "ListMultipartUploads" => "ListMultipartUploadsResult",
        "ListObjectVersions" => "ListVersionsResult",
        "ListObjects" | "ListObjectsV2" => "ListBucketResult",
        "ListParts" => "ListPartsResult",
        other => return format!("{other}Output"),
    };
    root.to_owned()
}

/// The one operation whose only element is the root itself, and the root's name, which is the field's too.
pub fn root_with_text(operation: &str) -> Option<&'static str> {
    (operation == "GetBucketLocation").then_some("LocationConstraint")
}

/// The status of a success where the model has another.
pub fn status(operation: &str) -> Option<u16> {
    (operation == "PutBucketTagging").then_some(204)
}

/// Elements in the order in which S3 writes them where the model has another; those that aren't named come last, as
/// the model orders them. `structure` is the operation's name or the structure's.
pub fn order(structure: &str) -> &'static [&'static str] {
    match structure {
        "ListObjects" | "ListObjectsV2" => &[
            "Name",
            "Prefix",
            "Marker",
            "NextMarker",
            "StartAfter",
            "ContinuationToken",
            "NextContinuationToken",
            "KeyCount",
            "MaxKeys",
            "Delimiter",
            "EncodingType",
            "IsTruncated",
        ],
        "ListObjectVersions" => &[
            "Name",
            "Prefix",
            "KeyMarker",
            "VersionIdMarker",
            "NextKeyMarker",
            "NextVersionIdMarker",
            "MaxKeys",
            "Delimiter",
            "EncodingType",
            "IsTruncated",
        ],
        "ObjectVersion" => &["Key", "VersionId", "IsLatest", "LastModified"],
        "DeleteMarkerEntry" => &["Key", "VersionId", "IsLatest", "LastModified"],
        "ListParts" => &["Bucket", "Key", "UploadId", "Initiator", "Owner", "StorageClass"],
        "ListMultipartUploads" => &[
            "Bucket",
            "KeyMarker",
            "UploadIdMarker",
            "NextKeyMarker",
            "NextUploadIdMarker",
            "Prefix",
            "Delimiter",
            "EncodingType",
            "MaxUploads",
            "IsTruncated",
        ],
        "MultipartUpload" => &["Key", "UploadId", "Initiator", "Owner", "StorageClass", "Initiated"],
        _ => &[],
    }
}

/// The listing in which S3 mixes two lists.
pub fn interleaves(operation: &str) -> bool {
    operation == "ListObjectVersions"
}

/// Lists whose element S3 writes even when they are empty; others are left out.
pub fn is_always_written(element: &str) -> bool {
    matches!(element, "Buckets" | "TagSet" | "AccessControlList")
}

/// Dates of conditions: one that cannot be read is ignored, not refused.
pub fn is_condition(header: &str) -> bool {
    header.ends_with("if-modified-since") || header.ends_with("if-unmodified-since")
}

/// Operations whose requests cannot be told from another's on one endpoint.
pub fn unrouted(operation: &str) -> Option<&'static str> {
    match operation {
        "ListDirectoryBuckets" => Some("the same request as ListBuckets, on another endpoint"),
        "WriteGetObjectResponse" => {
            Some("lives on the endpoint of Object Lambda; here its path names a bucket")
        }
        _ => None,
    }
}
