//! `x-amz-copy-source`: `[/]bucket/key[?versionId=id]`, URL-encoded.
//!
//! Source: AWS "CopyObject", request header `x-amz-copy-source`.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    pub bucket: String,
    pub key: String,
    pub version_id: Option<String>,
}

/// `None` when it names no bucket and key.
pub fn parse(header: &str) -> Option<CopySource> {
    // A literal `?` in a key is sent as %3F, so the first one here starts the query.
    let (path, version_id) = match header.split_once('?') {
        Some((path, query)) => (path, Some(query.strip_prefix("versionId=")?)),
        None => (header, None),
    };
    let path = decode(path)?;
    let (bucket, key) = path.strip_prefix('/').unwrap_or(&path).split_once('/')?;
    if bucket.is_empty() || key.is_empty() {
        return None;
    }
    let version_id = match version_id {
        Some(id) => Some(decode(id)?),
        None => None,
    };
    Some(CopySource { bucket: bucket.to_owned(), key: key.to_owned(), version_id })
}

/// Percent-decoding; `+` stands for itself, as in a path. `None` if that is no text.
pub fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digits = text.get(at + 1..at + 3)?;
                decoded.push(hex(digits)?);
                at += 3;
            }
            byte => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

/// Two hexadecimal digits; `from_str_radix` alone would take a sign.
fn hex(digits: &str) -> Option<u8> {
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u8::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(bucket: &str, key: &str, version_id: Option<&str>) -> Option<CopySource> {
        Some(CopySource { bucket: bucket.into(), key: key.into(), version_id: version_id.map(Into::into) })
    }

    #[test]
    fn with_and_without_slash_version_and_escapes() {
        assert_eq!(parse("/b/k"), source("b", "k", None));
        assert_eq!(parse("b/a/k%20+?versionId=x%3D"), source("b", "a/k +", Some("x=")));
        assert_eq!(parse("b%2Fk%3Fx"), source("b", "k?x", None));
    }

    #[test]
    fn what_names_no_key_is_refused() {
        for header in ["", "/", "b", "/b", "b/", "b/%zz", "b/%ff", "b/k?version=1", "b/%4", "b/%+1"] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}
