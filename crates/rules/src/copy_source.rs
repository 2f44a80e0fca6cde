//! `x-amz-copy-source`: `[/]bucket/key[?versionId=id]`, URL-encoded.
//!
//! Source: AWS "CopyObject", request header `x-amz-copy-source`.

use crate::percent;

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
    let path = percent::decode_path(path)?;
    let path = match path.strip_prefix("arn:").and_then(of_access_point) {
        Some(path) => path,
        None => path,
    };
    let (bucket, key) = path.strip_prefix('/').unwrap_or(&path).split_once('/')?;
    if bucket.is_empty() || key.is_empty() {
        return None;
    }
    let version_id = match version_id {
        Some(id) => Some(percent::decode_path(id)?),
        None => None,
    };
    Some(CopySource { bucket: bucket.to_owned(), key: key.to_owned(), version_id })
}

/// `aws:s3:region:account:accesspoint/name/object/key` → `name-account/key`, as hosts name an access point.
fn of_access_point(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(5, ':');
    let service = parts.next().zip(parts.next());
    let account = parts.nth(1)?;
    let (name, key) = parts.next()?.strip_prefix("accesspoint/")?.split_once("/object/")?;
    (service == Some(("aws", "s3"))).then(|| format!("{name}-{account}/{key}"))
}

/// `x-amz-rename-source`: a key alone, or `/bucket/key` of the same bucket. `None` when it names none.
pub fn parse_rename(header: &str, bucket: &str) -> Option<String> {
    match parse(header).filter(|_| header.starts_with('/')) {
        Some(source) => (source.bucket == bucket).then_some(source.key),
        None => percent::decode_path(header),
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
    fn an_access_point_stands_for_its_bucket() {
        let arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/finance/object/reports/a%20b?versionId=v";
        assert_eq!(parse(arn), source("finance-111122223333", "reports/a b", Some("v")));
        assert_eq!(
            parse("arn:aws:s3:eu-west-1:111122223333:accesspoint/finance/k"),
            source("arn:aws:s3:eu-west-1:111122223333:accesspoint", "finance/k", None)
        );
    }

    #[test]
    fn what_names_no_key_is_refused() {
        for header in ["", "/", "b", "/b", "b/", "b/%zz", "b/%ff", "b/k?version=1", "b/%4", "b/%+1"] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}
