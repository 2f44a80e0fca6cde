//! How CloudTrail calls services and operations.
//!
//! Source: AWS "Amazon S3 CloudTrail events".

use api::Service;
use wire::AuditEvent;

/// Of what answers beside S3, only the administration is an event; health and metrics are asked every second.
pub fn is_noise(event: &AuditEvent<'_>) -> bool {
    event.beside && !event.line.path.starts_with("/-/admin/")
}

pub fn source(event: &AuditEvent<'_>) -> &'static str {
    match event.service {
        _ if event.beside => "admin.strongroom",
        Service::S3 | Service::S3Control => "s3.amazonaws.com",
        Service::Iam => "iam.amazonaws.com",
        Service::Sts => "sts.amazonaws.com",
    }
}

pub fn name(event: &AuditEvent<'_>) -> String {
    if event.beside {
        return format!("{} {}", event.line.method, event.line.path);
    }
    // Metrics call those of the other services with their service before a colon or dot.
    let operation = event.line.operation;
    let operation = operation.rsplit([':', '.']).next().unwrap_or(operation);
    match (event.service, operation) {
        (Service::S3, "ListObjectsV2") => "ListObjects",
        (Service::S3, "GetObjectLockConfiguration") => "GetBucketObjectLockConfiguration",
        (Service::S3, "PutObjectLockConfiguration") => "PutBucketObjectLockConfiguration",
        (Service::S3, "GetPublicAccessBlock") => "GetBucketPublicAccessBlock",
        (Service::S3, "PutPublicAccessBlock") => "PutBucketPublicAccessBlock",
        (Service::S3, "DeletePublicAccessBlock") => "DeleteBucketPublicAccessBlock",
        (Service::S3Control, "GetPublicAccessBlock") => "GetAccountPublicAccessBlock",
        (Service::S3Control, "PutPublicAccessBlock") => "PutAccountPublicAccessBlock",
        (Service::S3Control, "DeletePublicAccessBlock") => "DeleteAccountPublicAccessBlock",
        (Service::S3, "GetBucketLifecycleConfiguration") => "GetBucketLifecycle",
        (Service::S3, "PutBucketLifecycleConfiguration") => "PutBucketLifecycle",
        (Service::S3, "GetBucketNotificationConfiguration") => "GetBucketNotification",
        (Service::S3, "PutBucketNotificationConfiguration") => "PutBucketNotification",
        (_, other) => other,
    }
    .to_owned()
}

/// What acts on objects or lists them; the rest manages.
pub fn is_data(event: &AuditEvent<'_>) -> bool {
    const ON_BUCKETS: [&str; 8] = [
        "DeleteObjects",
        "HeadBucket",
        "ListObjects",
        "ListObjectsV2",
        "ListObjectVersions",
        "ListMultipartUploads",
        "PostObject",
        "CreateSession",
    ];
    event.service == Service::S3
        && !event.beside
        && (event.line.key.is_some() || ON_BUCKETS.contains(&event.line.operation))
}

pub fn is_read_only(event: &AuditEvent<'_>) -> bool {
    if event.beside || event.line.operation == "Unknown" {
        return matches!(event.line.method, "GET" | "HEAD" | "OPTIONS");
    }
    let operation = name(event);
    ["Get", "Head", "List", "Simulate", "Generate"].iter().any(|start| operation.starts_with(start))
        // These hand out credentials.
        || event.service == Service::Sts
}

/// `userName`, from a form's `UserName`; S3's own names stay as they are.
pub fn parameter(service: Service, name: &str) -> String {
    let mut letters = name.chars();
    match (service, letters.next()) {
        (Service::Iam | Service::Sts, Some(first)) => first.to_lowercase().chain(letters).collect(),
        _ => name.to_owned(),
    }
}
