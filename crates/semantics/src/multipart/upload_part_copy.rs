//! UploadPartCopy: a part whose bytes are a range of an object.

use std::ops::Range;

use api::s3::{CopyPartResult, UploadPartCopy, UploadPartCopyOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use model::ETag;
use model::limits::PUT_BYTES_MAX;
use rules::range;

use super::upload::{NewPart, parse_part_number, parse_upload_id};
use super::upload_part::part_algorithm;
use crate::attributes;
use crate::checksums::{self, set_checksum};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::object::copy::source_conditions;
use crate::owner::ChunkOwner;
use crate::refuse;

impl Handle<UploadPartCopy> for Hall {
    async fn handle(
        &self,
        request: Authorized<UploadPartCopy>,
        _body: Body,
    ) -> Result<(UploadPartCopyOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let (named, from) = request.source()?;
        let key = attributes::object_key(&input.key)?;
        let number = parse_part_number(input.part_number)?;
        let id = parse_upload_id(input.upload_id.as_deref())?;
        refuse::if_present(&[
            ("x-amz-server-side-encryption-customer-algorithm", input.sse_customer_algorithm.is_some()),
            (
                "x-amz-copy-source-server-side-encryption-customer-algorithm",
                input.copy_source_sse_customer_algorithm.is_some(),
            ),
        ])?;
        let upload = self.upload_now(bucket, &key, id)?;
        let algorithm = part_algorithm(&upload, None)?;
        let source = self.copy_source(named, from, &source_conditions!(input))?;
        let span = choose_span(input.copy_source_range.as_deref(), source.object.size_bytes)?;
        let body = self.body_of(from.row.id, &source.object.content, span, source.pin)?;
        let owner = || {
            let bucket = bucket.row.id;
            ChunkOwner::Part { bucket, key: key.clone(), upload: id, number }.recorded()
        };
        let landed = self.land(upload.class, owner, body, &[algorithm]).await?;
        let checksum = landed.sums.checksum(algorithm);
        let etag = ETag::whole(landed.sums.md5);
        let new = NewPart {
            size_bytes: landed.sums.length,
            md5: landed.sums.md5,
            checksum: checksum.map(checksums::full_object_row),
            content: landed.content,
        };
        let modified = self.name_part(bucket, &key, id, number, new).await?;
        let mut result = CopyPartResult {
            e_tag: Some(etag.quoted()),
            last_modified: Some(modified),
            ..Default::default()
        };
        if let Some(value) = checksum {
            set_checksum!(result, algorithm, value.to_base64());
        }
        let output = UploadPartCopyOutput {
            copy_source_version_id: source.version_id,
            copy_part_result: Some(result),
            ..Default::default()
        };
        Ok((output, None))
    }
}

fn choose_span(header: Option<&str>, size_bytes: u64) -> Result<Range<u64>, S3Error> {
    let span = match header {
        None => 0..size_bytes,
        Some(header) if !range::is_copy_range(header) => {
            return Err(S3Error::invalid_argument(
                "x-amz-copy-source-range",
                header,
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
            ));
        }
        Some(header) if range::begins_beyond(header, size_bytes) => {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "The specified copy range is invalid for the source object size",
            ));
        }
        Some(header) => range::choose_copy(header, size_bytes).ok_or_else(|| {
            S3Error::invalid_argument(
                "x-amz-copy-source-range",
                header,
                format!("Range specified is not valid for source object of size: {size_bytes}"),
            )
        })?,
    };
    if span.end - span.start > PUT_BYTES_MAX {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!(
                "The specified copy source is larger than the maximum allowable size for a copy source: {PUT_BYTES_MAX}"
            ),
        ));
    }
    Ok(span)
}
