//! Whom a request is for: one endpoint answers for several services.
//!
//! S3 Control is told by its path together with its own header, because the path alone could be a bucket's. IAM and STS
//! are told by what the signature is for, else by being a form: nothing of S3 is asked of `/` with a form.

use api::Service;
use http::{HeaderMap, Method, header};

use super::front::Incomer;
use crate::path_routing::API;
use crate::request::Target;

pub(super) enum Kind {
    S3,
    S3Control,
    /// IAM or STS; `None` when only the form itself says which.
    Form(Option<Service>),
}

/// Names the account of a request to S3 Control, which S3 itself never asks for.
const ACCOUNT: &str = "x-amz-account-id";

pub(super) fn kind(target: &Target<'_>, incomer: &Incomer) -> Kind {
    if target.path.starts_with(API) && is_control(target, &incomer.headers) {
        return Kind::S3Control;
    }
    if target.bucket.is_some() || target.key.is_some() {
        return Kind::S3;
    }
    match claimed(target, &incomer.headers) {
        Some(service) => Kind::Form(Some(service)),
        None if asks_by_form(target, incomer) => Kind::Form(None),
        None => Kind::S3,
    }
}

/// A host may name the account too (`111122223333.localhost`, `111122223333.s3-control.example.com`), as AWS's clients do
/// unless they are told not to; any other host with a bucket in it means the bucket.
fn is_control(target: &Target<'_>, headers: &HeaderMap) -> bool {
    let Some(account) = headers.get(ACCOUNT) else { return false };
    match &target.bucket {
        Some(bucket) if target.virtual_hosted => {
            let first = bucket.split('.').next().unwrap_or_default();
            first.as_bytes() == account.as_bytes() || first == "s3-control"
        }
        _ => true,
    }
}

fn claimed(target: &Target<'_>, headers: &HeaderMap) -> Option<Service> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let authorization = authorization.map(|value| ("authorization", value));
    let view = sigv4::RequestView {
        method: "",
        path: target.path,
        query: target.query,
        headers: authorization.as_slice(),
    };
    let claimed = sigv4::claimed_service(&view)?;
    [Service::Iam, Service::Sts].into_iter().find(|service| service.scope() == claimed)
}

fn asks_by_form(target: &Target<'_>, incomer: &Incomer) -> bool {
    match incomer.method {
        Method::GET => target.query.split('&').any(|pair| pair.starts_with("Action=")),
        Method::POST => {
            let kind = incomer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::request::Hosts;

    fn control(uri: &str, host: &str, account: Option<&'static str>) -> bool {
        let uri = uri.parse().unwrap();
        let target = Target::read(&uri, Some(host), &Hosts::new(&[])).unwrap();
        let mut headers = HeaderMap::new();
        if let Some(account) = account {
            headers.insert(ACCOUNT, HeaderValue::from_static(account));
        }
        target.path.starts_with(API) && is_control(&target, &headers)
    }

    #[test]
    fn the_path_alone_is_a_buckets_and_the_header_makes_it_control() {
        let path = "/v20180820/configuration/publicAccessBlock";
        assert!(control(path, "127.0.0.1:9000", Some("111122223333")));
        assert!(control(path, "111122223333.localhost:9000", Some("111122223333")));
        assert!(control(path, "111122223333.s3-control.eu-west-1.localhost", Some("111122223333")));
        assert!(control(path, "s3-control.localhost", Some("111122223333")));
        assert!(!control(path, "444455556666.localhost", Some("111122223333")));
        assert!(!control(path, "127.0.0.1:9000", None));
        assert!(!control(path, "photos.localhost:9000", Some("111122223333")));
        assert!(!control("/v20180820", "127.0.0.1:9000", Some("111122223333")));
    }

    #[test]
    fn a_claim_says_which_service() {
        let of = |uri: &str, authorization: Option<&'static str>| {
            let uri = uri.parse().unwrap();
            let target = Target::read(&uri, None, &Hosts::new(&[])).unwrap();
            let mut headers = HeaderMap::new();
            if let Some(authorization) = authorization {
                headers.insert(header::AUTHORIZATION, HeaderValue::from_static(authorization));
            }
            claimed(&target, &headers)
        };
        let iam = "AWS4-HMAC-SHA256 Credential=AK/20261122/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
        assert_eq!(of("/", Some(iam)), Some(Service::Iam));
        let s3 = "AWS4-HMAC-SHA256 Credential=AK/20261122/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=0";
        assert_eq!(of("/", Some(s3)), None);
        let sts = "/?Action=GetCallerIdentity&X-Amz-Credential=AK%2F20261122%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=1";
        assert_eq!(of(sts, None), Some(Service::Sts));
        assert_eq!(of("/?X-Amz-Credential=sts", None), None);
    }
}
