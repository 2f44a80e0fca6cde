//! Signature Version 2's string to sign (AWS: "Signing and authenticating REST requests"). Off by default.

use crate::RequestView;
use crate::claim::{Kind, SignedClaim};
use crate::encode::decode_query;

/// Query names that are part of the resource, sorted.
const SUBRESOURCES: [&str; 40] = [
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Method, Content-MD5, Content-Type, date, `x-amz-*` headers and resource.
pub(crate) fn string_to_sign(claim: &SignedClaim, view: &RequestView<'_>) -> String {
    let mut out = String::with_capacity(512);
    out.push_str(view.method);
    for name in ["content-md5", "content-type"] {
        out.push('\n');
        out.push_str(view.header(name).unwrap_or_default().trim());
    }
    out.push('\n');
    // The date stands among the x-amz-* headers if it is one of them.
    if claim.kind == Kind::Presigned || view.header("x-amz-date").is_none() {
        out.push_str(&claim.date_text);
    }
    out.push('\n');
    push_headers(&mut out, view);
    push_resource(&mut out, claim, view);
    out
}

/// `name:value,value\n`, sorted by name.
fn push_headers(out: &mut String, view: &RequestView<'_>) {
    let mut headers: Vec<(&str, &str)> =
        view.headers.iter().copied().filter(|(name, _)| name.starts_with("x-amz-")).collect();
    // Stable: values of one name stay in their order.
    headers.sort_by_key(|(name, _)| *name);
    let mut last = None;
    for (name, value) in headers {
        if last == Some(name) {
            out.pop();
            out.push(',');
        } else {
            out.push_str(name);
            out.push(':');
        }
        out.push_str(value.trim());
        out.push('\n');
        last = Some(name);
    }
}

fn push_resource(out: &mut String, claim: &SignedClaim, view: &RequestView<'_>) {
    if let Some(bucket) = &claim.host_bucket {
        out.push('/');
        out.push_str(bucket);
    }
    out.push_str(view.path);
    let known = |name: &str| SUBRESOURCES.contains(&name);
    let mut parts: Vec<&str> = view
        .query
        .split('&')
        .filter(|pair| known(pair.split_once('=').map_or(*pair, |(name, _)| name)))
        .collect();
    parts.sort_unstable();
    for (at, part) in parts.into_iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        match part.split_once('=') {
            // Values are signed decoded.
            Some((name, value)) if !value.is_empty() => {
                out.push_str(name);
                out.push('=');
                out.push_str(&decode_query(value));
            }
            Some((name, _)) => out.push_str(name),
            None => out.push_str(part),
        }
    }
}
