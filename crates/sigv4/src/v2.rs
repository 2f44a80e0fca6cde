//! Signature Version 2's string to sign (AWS: "Signing and authenticating REST requests"). Off by default.

use std::borrow::Cow;

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
///
/// Who presigns a URL cannot add headers to what others will send, so its query may hold these headers instead; a
/// header that is sent counts first.
pub(crate) fn string_to_sign(claim: &SignedClaim, view: &RequestView<'_>, path: &str) -> String {
    let presigned = claim.kind == Kind::Presigned;
    let query = if presigned { view.query } else { "" };
    let mut out = String::with_capacity(512);
    out.push_str(view.method);
    for name in ["content-md5", "content-type"] {
        out.push('\n');
        match view.header(name) {
            Some(value) => out.push_str(value.trim()),
            None => out.push_str(query_header(query, name).unwrap_or_default().trim()),
        }
    }
    out.push('\n');
    // The date stands among the x-amz-* headers if it is one of them.
    if presigned || view.header("x-amz-date").is_none() {
        out.push_str(&claim.date_text);
    }
    out.push('\n');
    push_headers(&mut out, view, query);
    push_resource(&mut out, claim, view, path);
    out
}

/// A header that a presigned query holds, by its lower-case name.
pub(crate) fn query_header<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find_map(|(known, value)| {
        decode_query(known).eq_ignore_ascii_case(name).then(|| decode_query(value))
    })
}

/// `name:value,value\n`, sorted by name.
fn push_headers(out: &mut String, view: &RequestView<'_>, query: &str) {
    let amazon = |name: &str| name.starts_with("x-amz-");
    let sent = view.headers.iter().filter(|(name, _)| amazon(name));
    let mut headers: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        sent.map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let name = decode_query(name).to_ascii_lowercase();
        if amazon(&name) && view.header(&name).is_none() {
            headers.push((Cow::Owned(name), decode_query(value)));
        }
    }
    // Stable: values of one name stay in their order.
    headers.sort_by(|(left, _), (right, _)| left.cmp(right));
    let mut last = "";
    for (name, value) in &headers {
        if last == name {
            out.pop();
            out.push(',');
        } else {
            out.push_str(name);
            out.push(':');
        }
        out.push_str(value.trim());
        out.push('\n');
        last = name;
    }
}

/// The other spelling of a path that names a bucket and no key.
pub(crate) fn bucket_with_slash(claim: &SignedClaim, path: &str) -> Option<String> {
    let name = path.strip_prefix('/')?;
    let alone = claim.host_bucket.is_none() && !name.is_empty() && !name.contains('/');
    alone.then(|| format!("{path}/"))
}

fn push_resource(out: &mut String, claim: &SignedClaim, view: &RequestView<'_>, path: &str) {
    if let Some(bucket) = &claim.host_bucket {
        out.push('/');
        out.push_str(bucket);
    }
    out.push_str(path);
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
