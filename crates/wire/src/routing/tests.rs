//! The pitfalls of S3's routing, one by one, and that no operation was forgotten.

use api::s3::Op;
use api::{ErrorCode, S3Error};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::route;
use crate::generated::s3::routes::{ROUTES, UNROUTED};

/// Routes `METHOD path?query`, where the path is `/`, `b` or `k`; the words after it are headers.
fn ask(request: &str) -> Result<Op, S3Error> {
    let mut words = request.split(' ');
    let method = Method::from_bytes(words.next().unwrap().as_bytes()).unwrap();
    let (path, query) = words.next().map(|target| target.split_once('?').unwrap_or((target, ""))).unwrap();
    let query: Vec<(String, String)> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut headers = HeaderMap::new();
    for name in words {
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_static("value"));
    }
    route(&method, path != "/", path == "k", &query, &headers)
}

fn code(request: &str) -> ErrorCode {
    ask(request).unwrap_err().code
}

#[test]
fn requests_find_their_operations() {
    let expected = [
        ("GET /", Op::ListBuckets),
        ("GET /?x-id=ListBuckets&max-buckets=3", Op::ListBuckets),
        ("PUT b", Op::CreateBucket),
        ("HEAD b", Op::HeadBucket),
        ("DELETE b", Op::DeleteBucket),
        ("GET b", Op::ListObjects),
        ("GET b?list-type=1", Op::ListObjects),
        ("GET b?list-type=2&prefix=a", Op::ListObjectsV2),
        ("GET b?versions", Op::ListObjectVersions),
        ("GET b?uploads", Op::ListMultipartUploads),
        ("GET b?location", Op::GetBucketLocation),
        ("GET b?session", Op::CreateSession),
        ("POST b?delete", Op::DeleteObjects),
        ("GET b?lifecycle", Op::GetBucketLifecycleConfiguration),
        ("PUT b?notification", Op::PutBucketNotificationConfiguration),
        ("GET b?inventory", Op::ListBucketInventoryConfigurations),
        ("GET b?inventory&id=1", Op::GetBucketInventoryConfiguration),
        ("DELETE b?metadataConfiguration", Op::DeleteBucketMetadataConfiguration),
        ("PUT k", Op::PutObject),
        ("PUT k x-amz-copy-source", Op::CopyObject),
        ("PUT k?renameObject x-amz-rename-source", Op::RenameObject),
        ("PUT k?renameObject", Op::RenameObject),
        ("PUT k?partNumber=1&uploadId=u", Op::UploadPart),
        ("PUT k?uploadId=u&partNumber=1 x-amz-copy-source", Op::UploadPartCopy),
        ("POST k?uploads", Op::CreateMultipartUpload),
        ("POST k?uploadId=u", Op::CompleteMultipartUpload),
        ("DELETE k?uploadId=u", Op::AbortMultipartUpload),
        ("GET k?uploadId=u", Op::ListParts),
        ("GET k?acl", Op::GetObjectAcl),
        ("GET k?attributes&versionId=v", Op::GetObjectAttributes),
        ("GET k?annotation", Op::ListObjectAnnotations),
        ("GET k?annotation&annotationName=n", Op::GetObjectAnnotation),
        ("POST k?select&select-type=2", Op::SelectObjectContent),
        ("POST k?restore", Op::RestoreObject),
        ("DELETE k?versionId=v", Op::DeleteObject),
        ("DELETE k?tagging", Op::DeleteObjectTagging),
    ];
    for (request, op) in expected {
        assert_eq!(ask(request), Ok(op), "{request}");
    }
}

#[test]
fn a_part_number_and_a_version_are_parameters_of_reads() {
    assert_eq!(ask("GET k?partNumber=1&versionId=v"), Ok(Op::GetObject));
    assert_eq!(ask("HEAD k?partNumber=1"), Ok(Op::HeadObject));
    assert_eq!(ask("GET k?response-content-type=text/plain"), Ok(Op::GetObject));
}

#[test]
fn unknown_query_names_are_ignored() {
    assert_eq!(ask("PUT b?foo=1"), Ok(Op::CreateBucket));
    assert_eq!(ask("PUT k?x-id=PutObject&foo"), Ok(Op::PutObject));
    assert_eq!(ask("DELETE k?X-Amz-Signature=s"), Ok(Op::DeleteObject));
}

#[test]
fn a_sub_resource_without_an_operation_is_never_the_operation_without_it() {
    for request in [
        "PUT b?uploads",
        "DELETE b?versions",
        "DELETE b?location",
        "POST b?renameObject",
        "GET b?renameObject",
        "DELETE k?renameObject",
        "GET k?versioning",
        "PUT k?versions",
        "DELETE k?acl",
        "PUT k?uploadId=u",
        "HEAD k?uploadId=u",
        "GET /?acl",
        "POST k?select",
    ] {
        assert_eq!(code(request), ErrorCode::MethodNotAllowed, "{request}");
    }
}

#[test]
fn what_is_near_an_operation_and_is_none_is_told_apart() {
    for (request, expected) in [
        ("PUT k?partNumber=1", ErrorCode::InvalidArgument),
        ("GET k?uploads", ErrorCode::InvalidRequest),
        ("GET k?versions", ErrorCode::InvalidRequest),
        ("GET k?logging", ErrorCode::NoLoggingStatusForKey),
        ("GET b?torrent", ErrorCode::RequestTorrentOfBucketError),
    ] {
        assert_eq!(code(request), expected, "{request}");
    }
}

#[test]
fn a_method_that_the_resource_lacks_is_refused_with_those_it_has() {
    let refusal = ask("PUT b?uploads").unwrap_err();
    assert_eq!(refusal.headers, [("Allow", "GET".to_owned())]);
    assert_eq!(refusal.elements[0], ("Method", "PUT".to_owned()));
    for request in ["POST /", "POST b", "POST k", "PATCH k", "DELETE /"] {
        assert_eq!(code(request), ErrorCode::MethodNotAllowed, "{request}");
    }
}

#[test]
fn two_sub_resources_conflict() {
    let refusal = ask("GET b?policy&acl").unwrap_err();
    assert_eq!(refusal.code, ErrorCode::InvalidArgument);
    assert_eq!(refusal.message, "Conflicting query string parameters: policy, acl");
}

#[test]
fn every_operation_has_one_route_or_a_reason() {
    for op in Op::ALL {
        let routes = ROUTES.iter().filter(|route| route.op == op).count();
        let reasons =
            UNROUTED.iter().filter(|(unrouted, reason)| *unrouted == op && !reason.is_empty()).count();
        assert_eq!(routes + reasons, 1, "{}", op.name());
    }
}

#[test]
fn every_route_is_reached_by_its_own_request() {
    for expected in &ROUTES {
        let mut query: Vec<(String, String)> =
            expected.literals.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        query.extend(expected.query.iter().map(|name| ((*name).to_owned(), "1".to_owned())));
        let mut headers = HeaderMap::new();
        for name in expected.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        let method = Method::from_bytes(expected.method.as_bytes()).unwrap();
        let (has_bucket, has_key) = match expected.path {
            super::PathKind::Service => (false, false),
            super::PathKind::Bucket => (true, false),
            super::PathKind::Object => (true, true),
        };
        assert_eq!(route(&method, has_bucket, has_key, &query, &headers), Ok(expected.op));
    }
}
