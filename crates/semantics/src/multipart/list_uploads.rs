//! ListMultipartUploads: uploads in progress by key, and by age under each key.

use api::s3::{
    CommonPrefix, Initiator, ListMultipartUploads, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    MultipartUpload, Owner,
};
use api::{Body, S3Error};
use auth::{Authorized, Bucket};
use catalog::table::{UploadRow, space};
use model::UploadId;
use rules::listing::marker_is_common;

use crate::attributes;
use crate::hall::Hall;
use crate::handle::Handle;
use crate::listing::Encoding;
use crate::listing::walk::{Item, Walk, after_marker, page_size};
use crate::{fault, people};

impl Handle<ListMultipartUploads> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListMultipartUploads>,
        _body: Body,
    ) -> Result<(ListMultipartUploadsOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let encoding = Encoding::read(input.encoding_type.as_deref())?;
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let delimiter = input.delimiter.as_deref().unwrap_or_default();
        let max = page_size("max-uploads", input.max_uploads)?;
        let walk = Walk {
            space: space::UPLOADS,
            bucket: bucket.row.id,
            prefix,
            delimiter,
            start: start_of(bucket, input, prefix, delimiter)?,
            max,
        };
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let page = walk.page(&view).map_err(fault::catalog)?;
        let mut output = ListMultipartUploadsOutput {
            bucket: Some(input.bucket.clone()),
            key_marker: Some(encoding.write(input.key_marker.as_deref().unwrap_or_default())),
            upload_id_marker: Some(input.upload_id_marker.clone().unwrap_or_default()),
            prefix: input
                .prefix
                .as_deref()
                .filter(|prefix| !prefix.is_empty())
                .map(|prefix| encoding.write(prefix)),
            delimiter: input.delimiter.as_deref().filter(|d| !d.is_empty()).map(|d| encoding.write(d)),
            max_uploads: Some(max as i32),
            is_truncated: Some(page.truncated),
            encoding_type: encoding.name(),
            ..Default::default()
        };
        for item in page.items {
            match item {
                Item::Common(common) => {
                    output.next_key_marker = Some(encoding.write(&common));
                    output.next_upload_id_marker = None;
                    output.common_prefixes.push(CommonPrefix { prefix: Some(encoding.write(&common)) });
                }
                Item::Entry { key, suffix, row } => {
                    let row = UploadRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
                    let id = space::upload_id(&suffix).map(|id| id.to_string());
                    output.next_key_marker = Some(encoding.write(&key));
                    output.next_upload_id_marker.clone_from(&id);
                    let initiator = self.initiator_in(&bucket.row, &row)?;
                    let owner = self.owner(people::owner_in(&bucket.row, row.owner))?;
                    output.uploads.push(described(encoding.write(&key), id, &row, owner, initiator));
                }
            }
        }
        // Told in any case, and empty where there is nothing to tell.
        output.next_key_marker.get_or_insert_default();
        output.next_upload_id_marker.get_or_insert_default();
        Ok((output, None))
    }
}

fn described(
    key: String,
    id: Option<String>,
    row: &UploadRow,
    owner: Owner,
    initiator: Initiator,
) -> MultipartUpload {
    MultipartUpload {
        upload_id: id,
        key: Some(key),
        initiated: Some(row.initiated),
        storage_class: Some(row.class.name().to_owned()),
        owner: Some(owner),
        initiator: Some(initiator),
        checksum_algorithm: row.checksum.map(|(algorithm, _)| algorithm.name().to_owned()),
        checksum_type: row.checksum.map(|(_, kind)| kind.name().to_owned()),
        version_id: None,
    }
}

/// Without an upload id marker the key marker's uploads are all behind; with one, only those up to it.
fn start_of(
    bucket: &Bucket,
    input: &ListMultipartUploadsInput,
    prefix: &str,
    delimiter: &str,
) -> Result<Vec<u8>, S3Error> {
    let id = bucket.row.id;
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    // S3 ignores an upload id marker without a key marker.
    match (key_marker, input.upload_id_marker.as_deref().filter(|marker| !marker.is_empty())) {
        ("", _) => Ok(Vec::new()),
        (key, None) => Ok(after_marker(space::UPLOADS, id, key, marker_is_common(key, prefix, delimiter))),
        (key, Some(marker)) => {
            let key = attributes::object_key(key)?;
            let upload = UploadId::parse(marker).ok_or_else(|| {
                S3Error::invalid_argument("upload-id-marker", marker, "Invalid uploadId marker")
            })?;
            Ok(space::end_of(&space::upload(id, &key, upload)))
        }
    }
}
