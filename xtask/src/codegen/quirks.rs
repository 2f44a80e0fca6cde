//! What S3 does and its model does not say. Sources: AWS "Amazon S3 API Reference" (the response syntax of each
//! operation) and what AWS's own SDKs expect to parse.

/// The root element of a response of S3 whose body has several fields.
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
pub fn root_with_text(service: &str, operation: &str) -> Option<&'static str> {
    (service == "s3" && operation == "GetBucketLocation").then_some("LocationConstraint")
}

/// The status of a success where the model has another.
pub fn status(service: &str, operation: &str) -> Option<u16> {
    match service {
        "s3" => matches!(operation, "PutBucketTagging" | "PutBucketPolicy").then_some(204),
        "s3control" => operation.starts_with("Delete").then_some(204),
        _ => None,
    }
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

/// Lists of the query protocol that are left out when they are empty: IAM answers tags only where they were asked for
/// or are there, and most other lists as empty elements.
pub fn is_left_out_when_empty(structure: &str, element: &str) -> bool {
    match element {
        "Tags" => !structure.ends_with("Output") && !structure.ends_with("Detail"),
        "ResourceSpecificResults" => true,
        _ => false,
    }
}

/// What IAM says of names and documents instead of quoting the pattern that they do not match.
pub fn words_for_pattern(service: &str, pattern: &str) -> Option<&'static str> {
    match pattern {
        _ if service != "iam" => None,
        r"[\w+=,.@-]+" => Some("It must contain only alphanumeric characters and/or the following: +=,.@_-"),
        r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)" | r"((/[A-Za-z0-9\.,\+@=_-]+)*)/" => {
            Some("It must begin and end with / and contain only alphanumeric characters and/or / characters.")
        }
        r"[\u0009\u000A\u000D\u0020-\u00FF]+" => Some("It must contain only printable ASCII characters."),
        _ => None,
    }
}

/// The pattern for Rust's engine: `\w` and `\d` are ASCII's in Java, and there is no looking ahead.
pub fn rust_pattern(pattern: &str) -> String {
    if pattern == "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$" {
        // Its length is bounded beside it.
        return "[a-z0-9](-?[a-z0-9])+".to_owned();
    }
    let (mut text, mut chars, mut in_class) = (String::new(), pattern.chars().peekable(), false);
    while let Some(char) = chars.next() {
        match char {
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        let class = match (char, chars.peek()) {
            ('\\', Some('w')) => "0-9A-Za-z_",
            ('\\', Some('d')) => "0-9",
            ('\\', Some('/' | '@')) => {
                // Needless escapes, of which Rust knows none.
                continue;
            }
            ('\\', Some(_)) => {
                text.push(char);
                text.extend(chars.next());
                continue;
            }
            _ => {
                text.push(char);
                continue;
            }
        };
        chars.next();
        text.push_str(&if in_class { class.to_owned() } else { format!("[{class}]") });
    }
    text
}

/// Lists whose element S3 writes even when they are empty; others are left out.
pub fn is_always_written(service: &str, structure: &str, element: &str) -> bool {
    matches!(element, "Buckets" | "TagSet" | "AccessControlList")
        || service == "s3control" && structure.ends_with("Output")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javas_classes_become_rusts() {
        let table = [
            (r"[\w+=,.@-]+", "[0-9A-Za-z_+=,.@-]+"),
            (r"\d{12}", "[0-9]{12}"),
            (r"[\w+=,.@:\/-]*", "[0-9A-Za-z_+=,.@:/-]*"),
            (r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?", r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"),
            (r"[\p{L}_.:/=+\-@]+", r"[\p{L}_.:/=+\-@]+"),
            (r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "[a-z0-9](-?[a-z0-9])+"),
        ];
        for (java, rust) in table {
            assert_eq!(rust_pattern(java), rust, "{java}");
        }
    }

    #[test]
    fn names_of_iam_have_its_own_words_and_those_of_sts_do_not() {
        assert!(words_for_pattern("iam", r"[\w+=,.@-]+").is_some());
        assert!(words_for_pattern("sts", r"[\w+=,.@-]+").is_none());
    }
}
