//! ListObjectAnnotations: the names of a version's annotations in the order of their bytes, page by page.

use api::s3::{AnnotationEntry, ListObjectAnnotations, ListObjectAnnotationsOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use catalog::Fault;
use catalog::table::space;
use model::limits::LIST_PAGE_MAX;
use model::{AnnotationName, ETag};

use super::decode;
use crate::hall::Hall;
use crate::handle::Handle;
use crate::{attributes, fault, state};

impl Handle<ListObjectAnnotations> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListObjectAnnotations>,
        _body: Body,
    ) -> Result<(ListObjectAnnotationsOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let max = page_size(input.max_annotation_results)?;
        let prefix = input.annotation_prefix.as_deref().unwrap_or_default();
        if !AnnotationName::may_begin_with(prefix) {
            return Err(S3Error::from(ErrorCode::InvalidPrefix).element("AnnotationPrefix", prefix));
        }
        let after = input.continuation_token.as_deref().map(read_token).transpose()?;
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let version = state::resolve(&view, &bucket.row, &key, input.version_id.as_deref())?;
        let salt = version.row.salt;
        let mut first = space::annotations(bucket.row.id, salt);
        first.extend_from_slice(prefix.as_bytes());
        let end = space::end_of(&first);
        // No name contains a zero byte: it only steps behind the name before it.
        let after = after.map(|name| [&space::annotation(bucket.row.id, salt, &name)[..], b"\0"].concat());
        let start = after.filter(|after| *after > first).unwrap_or(first);
        let mut annotations: Vec<AnnotationEntry> = Vec::new();
        let mut truncated = false;
        if start < end {
            let mut cursor = view.cursor(&start, &end).map_err(fault::catalog)?;
            while let Some((row_key, row)) = cursor.next().map_err(fault::catalog)? {
                if annotations.len() == max {
                    truncated = true;
                    break;
                }
                annotations.push(described(&row_key, row).map_err(fault::catalog)?);
            }
        }
        let last = annotations.last().and_then(|entry| entry.annotation_name.as_ref());
        let output = ListObjectAnnotationsOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            object_version_id: state::shown_version_id(&bucket.row, &version.row, version.ordinal),
            annotation_prefix: input.annotation_prefix.clone(),
            max_annotation_results: i32::try_from(max).ok(),
            annotation_count: i32::try_from(annotations.len()).ok(),
            continuation_token: input.continuation_token.clone(),
            next_continuation_token: last.filter(|_| truncated).map(|name| URL_SAFE_NO_PAD.encode(name)),
            annotations,
            request_charged: None,
        };
        Ok((output, None))
    }
}

/// 1 to 1,000 in the model; more is taken as that, as in every listing of S3's.
fn page_size(asked: Option<i32>) -> Result<usize, S3Error> {
    let max = LIST_PAGE_MAX as usize;
    match asked.map(|asked| (asked, usize::try_from(asked))) {
        None => Ok(max),
        Some((1.., Ok(asked))) => Ok(asked.min(max)),
        Some((asked, _)) => Err(S3Error::invalid_argument(
            "max-annotation-results",
            &asked.to_string(),
            "Argument max-annotation-results must be an integer between 1 and 1000",
        )),
    }
}

/// The name that the page before ended with.
fn read_token(token: &str) -> Result<AnnotationName, S3Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let name = bytes.and_then(|bytes| AnnotationName::new(String::from_utf8(bytes).ok()?).ok());
    name.ok_or_else(|| {
        let message = "The continuation token provided is incorrect";
        S3Error::invalid_argument("continuation-token", token, message)
    })
}

fn described(key: &[u8], row: Bytes) -> Result<AnnotationEntry, Fault> {
    let row = decode(row)?;
    let name = space::annotation_name(key)
        .ok_or_else(|| Fault::corrupt("annotations", "a row's key holds no name"))?;
    Ok(AnnotationEntry {
        annotation_name: Some(name.as_str().to_owned()),
        last_modified: Some(row.modified),
        e_tag: Some(ETag::whole(row.md5).quoted()),
        checksum_algorithm: row.checksum.iter().map(|c| c.algorithm.name().to_owned()).collect(),
        size: i64::try_from(row.size_bytes).ok(),
        replication_status: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_to_a_thousand() {
        assert_eq!(page_size(None), Ok(1000));
        assert_eq!((page_size(Some(1)), page_size(Some(5000))), (Ok(1), Ok(1000)));
        assert!(page_size(Some(0)).is_err() && page_size(Some(-1)).is_err());
    }

    #[test]
    fn a_token_is_a_name_or_refused() {
        let name = AnnotationName::new("ml.ä").unwrap();
        assert_eq!(read_token(&URL_SAFE_NO_PAD.encode("ml.ä")), Ok(name));
        for token in ["", "!", "YSBi", "_w"] {
            assert!(read_token(token).is_err(), "{token}");
        }
    }
}
