//! ListParts.

use api::s3::{ListParts, ListPartsOutput, Part};
use api::{Body, S3Error};
use auth::Authorized;
use catalog::Fault;
use catalog::table::{PartRow, space};
use model::{ETag, PartNumber};

use super::upload::{find, no_such_upload, parse_upload_id};
use crate::attributes;
use crate::checksums::{self, set_checksum};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::listing::walk::page_size;
use crate::{fault, people};

impl Handle<ListParts> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListParts>,
        _body: Body,
    ) -> Result<(ListPartsOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let id = parse_upload_id(input.upload_id.as_deref())?;
        let max = page_size("max-parts", input.max_parts)?;
        let marker = read_marker(input.part_number_marker)?;
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let upload = find(&view, &bucket.row, &key, id).map_err(fault::catalog)?;
        let upload = upload.ok_or_else(|| no_such_upload(&id.to_string()))?;
        let prefix = space::parts(bucket.row.id, &key, id);
        let start = match PartNumber::new(i64::from(marker)) {
            Some(number) => space::end_of(&space::part(bucket.row.id, &key, id, number)),
            None => prefix.clone(),
        };
        let mut cursor = view.cursor(&start, &space::end_of(&prefix)).map_err(fault::catalog)?;
        let mut parts: Vec<Part> = Vec::new();
        let mut truncated = false;
        while let Some((row_key, row)) = cursor.next().map_err(fault::catalog)? {
            if parts.len() == max {
                truncated = true;
                break;
            }
            // An upload that named no algorithm shows no checksums: S3 sums its parts for itself.
            parts.push(described(&row_key, row, upload.checksum.is_some()).map_err(fault::catalog)?);
        }
        let last = parts.last().and_then(|part| part.part_number);
        let output = ListPartsOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id.to_string()),
            part_number_marker: Some(marker),
            next_part_number_marker: Some(last.unwrap_or(0)),
            max_parts: Some(max as i32),
            is_truncated: Some(truncated && max > 0),
            parts,
            initiator: Some(self.initiator_in(&bucket.row, &upload)?),
            owner: Some(self.owner(people::owner_in(&bucket.row, upload.owner))?),
            storage_class: Some(upload.class.name().to_owned()),
            checksum_algorithm: upload.checksum.map(|(algorithm, _)| algorithm.name().to_owned()),
            checksum_type: upload.checksum.map(|(_, kind)| kind.name().to_owned()),
            ..Default::default()
        };
        Ok((output, None))
    }
}

fn described(row_key: &[u8], row: bytes::Bytes, summed: bool) -> Result<Part, Fault> {
    let row = PartRow::decode(row).map_err(fault::row)?;
    let number =
        space::part_number(row_key).ok_or_else(|| Fault::corrupt("parts", "a key without number"))?;
    let mut part = Part {
        part_number: Some(i32::from(number.get())),
        last_modified: Some(row.modified),
        e_tag: Some(ETag::whole(row.md5).quoted()),
        size: Some(row.size_bytes as i64),
        ..Default::default()
    };
    if let Some(checksum) = row.checksum.as_ref().filter(|_| summed) {
        set_checksum!(part, checksum.algorithm, checksums::text(checksum, None));
    }
    Ok(part)
}

fn read_marker(marker: Option<i32>) -> Result<i32, S3Error> {
    match marker.unwrap_or(0) {
        marker if marker >= 0 => Ok(marker),
        marker => Err(S3Error::invalid_argument(
            "part-number-marker",
            &marker.to_string(),
            "Argument part-number-marker must be an integer between 0 and 2147483647",
        )),
    }
}
