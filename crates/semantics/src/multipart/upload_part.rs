//! UploadPart.

use api::s3::{UploadPart, UploadPartOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::UploadRow;
use model::{ChecksumAlgorithm, ChecksumType, ETag};

use super::upload::{NewPart, parse_part_number, parse_upload_id};
use crate::attributes;
use crate::checksums::{self, Claims, checksum_members, set_checksum};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::owner::ChunkOwner;
use crate::refuse;

impl Handle<UploadPart> for Hall {
    async fn handle(
        &self,
        request: Authorized<UploadPart>,
        body: Body,
    ) -> Result<(UploadPartOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let number = parse_part_number(input.part_number)?;
        let id = parse_upload_id(input.upload_id.as_deref())?;
        refuse::if_present(&[(
            "x-amz-server-side-encryption-customer-algorithm",
            input.sse_customer_algorithm.is_some(),
        )])?;
        let claims = Claims::read(
            &checksum_members!(input),
            input.checksum_algorithm.as_deref(),
            body.source.announced(),
            input.content_md5.as_deref(),
        )?;
        let upload = self.upload_now(bucket, &key, id)?;
        if let (Some((expected, ChecksumType::Composite)), None) = (upload.checksum, claims.algorithm()) {
            // The object's checksum will be made of what clients themselves summed.
            return Err(mismatched(expected, "null"));
        }
        let algorithm = part_algorithm(&upload, claims.algorithm())?;
        // What the client sums may be another algorithm than the one that the object will have.
        let summed = claims.algorithm().unwrap_or(algorithm);
        let owner = || {
            let bucket = bucket.row.id;
            ChunkOwner::Part { bucket, key: key.clone(), upload: id, number }.recorded()
        };
        let landed = self.land(upload.class, owner, body, &[algorithm, summed]).await?;
        if let Err(error) = claims.check(&landed.sums, &landed.trailers) {
            self.discard(landed.content);
            return Err(error);
        }
        let checksum = landed.sums.checksum(algorithm);
        let etag = ETag::whole(landed.sums.md5);
        let new = NewPart {
            size_bytes: landed.sums.length,
            md5: landed.sums.md5,
            checksum: checksum.map(checksums::full_object_row),
            content: landed.content,
        };
        self.name_part(bucket, &key, id, number, new).await?;
        let mut output = UploadPartOutput { e_tag: Some(etag.quoted()), ..Default::default() };
        if let Some(value) = landed.sums.checksum(summed) {
            set_checksum!(output, summed, value.to_base64());
        }
        Ok((output, None))
    }
}

fn mismatched(expected: ChecksumAlgorithm, sent: &str) -> S3Error {
    let expected = expected.name().to_lowercase();
    let message = format!(
        "Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {sent}"
    );
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

/// A part is summed with its upload's algorithm; uploads that named none take what comes, CRC64NVME by default.
pub(super) fn part_algorithm(
    upload: &UploadRow,
    sent: Option<ChecksumAlgorithm>,
) -> Result<ChecksumAlgorithm, S3Error> {
    match (upload.checksum, sent) {
        (Some((expected, _)), Some(sent)) if expected != sent => {
            Err(mismatched(expected, &sent.name().to_lowercase()))
        }
        (Some((expected, _)), _) => Ok(expected),
        // Without an algorithm the object gets a CRC64NVME of the whole, so each part needs one.
        (None, Some(_) | None) => Ok(ChecksumAlgorithm::Crc64Nvme),
    }
}
