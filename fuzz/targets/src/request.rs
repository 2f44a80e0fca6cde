//! A request's head: whom it is for, which operation it asks for, and that operation's parameters.
//!
//! The input is as for `sigv4`; what follows the empty line is the body.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use wire::codec::RequestView;
use wire::fuzzing::read_address;
use wire::routing::route;

use crate::operations::decode;
use crate::sigv4_claim::Head;

/// It is routed and decoded, or refused.
pub fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let head = Head::read(&text);
    let body = text.split_once("\n\n").map_or("", |(_, body)| body);
    let target =
        if head.query.is_empty() { head.path.to_owned() } else { format!("{}?{}", head.path, head.query) };
    let (Ok(method), Ok(uri)) = (Method::from_bytes(head.method.as_bytes()), Uri::try_from(target)) else {
        return;
    };
    let headers: HeaderMap = head.headers.iter().filter_map(|(name, value)| header(name, value)).collect();
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    let Ok(address) = read_address(&uri, host, "s3.example.com") else { return };
    assert!(address.bucket.is_some() || address.key.is_none(), "a key needs a bucket");
    let op = route(&method, address.bucket.is_some(), address.key.is_some(), &address.query, &headers);
    let Ok(op) = op else { return };
    let view = RequestView {
        bucket: address.bucket.as_deref(),
        key: address.key.as_deref(),
        labels: &[],
        query: &address.query,
        headers: &headers,
        body: body.as_bytes(),
    };
    if let Err(error) = decode(op, &view) {
        assert!(!error.message.is_empty());
    }
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
}
