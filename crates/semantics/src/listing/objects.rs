//! ListObjects and ListObjectsV2: the same walk over current objects, told in two ways.

use api::s3::{
    CommonPrefix, ListObjects, ListObjectsOutput, ListObjectsV2, ListObjectsV2Output, Object, Owner,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::table::{CurrentRow, space};
use rules::listing::marker_is_common;

use super::Encoding;
use super::walk::{Item, Page, Walk, after_marker, page_size};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::{fault, people, refuse};

struct Listed {
    contents: Vec<Object>,
    common_prefixes: Vec<CommonPrefix>,
    truncated: bool,
    /// The last key or common prefix on the page.
    last: Option<String>,
}

impl Handle<ListObjects> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListObjects>,
        _body: Body,
    ) -> Result<(ListObjectsOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        refuse_attributes(&input.optional_object_attributes)?;
        let encoding = Encoding::read(input.encoding_type.as_deref())?;
        let max = page_size("max-keys", input.max_keys)?;
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let delimiter = input.delimiter.as_deref().unwrap_or_default();
        let marker = input.marker.as_deref().unwrap_or_default();
        let listed = self.list_current(bucket, prefix, delimiter, marker, max, true, encoding).await?;
        let output = ListObjectsOutput {
            is_truncated: Some(listed.truncated),
            marker: Some(encoding.write(marker)),
            // S3 gives NextMarker only with a delimiter; else the last key is the marker.
            next_marker: listed
                .last
                .filter(|_| listed.truncated && !delimiter.is_empty())
                .map(|last| encoding.write(&last)),
            contents: listed.contents,
            name: Some(input.bucket.clone()),
            prefix: Some(encoding.write(prefix)),
            delimiter: input.delimiter.as_deref().filter(|d| !d.is_empty()).map(|d| encoding.write(d)),
            max_keys: Some(input.max_keys.unwrap_or(1000).min(1000)),
            common_prefixes: listed.common_prefixes,
            encoding_type: encoding.name(),
            ..Default::default()
        };
        Ok((output, None))
    }
}

impl Handle<ListObjectsV2> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListObjectsV2>,
        _body: Body,
    ) -> Result<(ListObjectsV2Output, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        refuse_attributes(&input.optional_object_attributes)?;
        let encoding = Encoding::read(input.encoding_type.as_deref())?;
        let max = page_size("max-keys", input.max_keys)?;
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let delimiter = input.delimiter.as_deref().unwrap_or_default();
        let marker = match input.continuation_token.as_deref() {
            Some(token) => read_token(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let owned = input.fetch_owner == Some(true);
        let listed = self.list_current(bucket, prefix, delimiter, &marker, max, owned, encoding).await?;
        let output = ListObjectsV2Output {
            is_truncated: Some(listed.truncated),
            key_count: Some((listed.contents.len() + listed.common_prefixes.len()) as i32),
            next_continuation_token: listed
                .last
                .filter(|_| listed.truncated)
                .map(|last| URL_SAFE_NO_PAD.encode(last)),
            contents: listed.contents,
            name: Some(input.bucket.clone()),
            prefix: Some(encoding.write(prefix)),
            delimiter: input.delimiter.as_deref().filter(|d| !d.is_empty()).map(|d| encoding.write(d)),
            max_keys: Some(input.max_keys.unwrap_or(1000).min(1000)),
            common_prefixes: listed.common_prefixes,
            encoding_type: encoding.name(),
            continuation_token: input.continuation_token.clone(),
            start_after: input.start_after.as_deref().map(|start| encoding.write(start)),
            ..Default::default()
        };
        Ok((output, None))
    }
}

impl Hall {
    #[expect(clippy::too_many_arguments, reason = "they are the listing's parameters, used once")]
    async fn list_current(
        &self,
        bucket: &Bucket,
        prefix: &str,
        delimiter: &str,
        marker: &str,
        max: usize,
        owned: bool,
        encoding: Encoding,
    ) -> Result<Listed, S3Error> {
        let id = bucket.row.id;
        let start = if marker.is_empty() {
            Vec::new()
        } else {
            after_marker(space::CURRENT, id, marker, marker_is_common(marker, prefix, delimiter))
        };
        let walk = Walk { space: space::CURRENT, bucket: id, prefix, delimiter, start, max };
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let Page { items, truncated } = walk.page(&view).map_err(fault::catalog)?;
        let mut listed = Listed { contents: Vec::new(), common_prefixes: Vec::new(), truncated, last: None };
        let count = items.len();
        for (at, item) in items.into_iter().enumerate() {
            let is_last = at + 1 == count;
            match item {
                Item::Common(prefix) => {
                    listed.common_prefixes.push(CommonPrefix { prefix: Some(encoding.write(&prefix)) });
                    if is_last {
                        listed.last = Some(prefix);
                    }
                }
                Item::Entry { key, row, .. } => {
                    let row = CurrentRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
                    let owner = if owned {
                        Some(self.owner(people::owner_in(&bucket.row, row.owner))?)
                    } else {
                        None
                    };
                    listed.contents.push(described(encoding.write(&key), &row, owner));
                    if is_last {
                        listed.last = Some(key);
                    }
                }
            }
        }
        Ok(listed)
    }
}

fn described(key: String, row: &CurrentRow, owner: Option<Owner>) -> Object {
    Object {
        key: Some(key),
        last_modified: Some(row.modified),
        e_tag: Some(row.etag.quoted()),
        checksum_algorithm: row.checksum.iter().map(|(algorithm, _)| algorithm.name().to_owned()).collect(),
        checksum_type: row.checksum.map(|(_, kind)| kind.name().to_owned()),
        size: Some(row.size_bytes as i64),
        storage_class: Some(row.class.name().to_owned()),
        owner,
        restore_status: None,
    }
}

pub(super) fn refuse_attributes(asked: &[String]) -> Result<(), S3Error> {
    refuse::if_present(&[("x-amz-optional-object-attributes", !asked.is_empty())])
}

fn read_token(token: &str) -> Result<String, S3Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| !bytes.is_empty());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        S3Error::with_message(ErrorCode::InvalidArgument, "The continuation token provided is incorrect")
            .element("ArgumentName", "continuation-token")
            .element("ArgumentValue", token)
    })
}
