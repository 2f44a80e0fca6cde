//! CreateMultipartUpload.

use api::s3::{CreateMultipartUpload, CreateMultipartUploadInput, CreateMultipartUploadOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::{Marks, UploadRow, space};
use catalog::{Decision, Write};
use model::{ChecksumAlgorithm, ChecksumType, Ordinal, UploadId};

use crate::attributes::{self, attributes_of};
use crate::checksums;
use crate::grants::{Owned, acl_headers};
use crate::hall::{Hall, object_group};
use crate::handle::Handle;
use crate::marks::{self, hold_of};
use crate::refuse::refuse_unbuilt;
use crate::{fault, people, state};

impl Handle<CreateMultipartUpload> for Hall {
    async fn handle(
        &self,
        request: Authorized<CreateMultipartUpload>,
        _body: Body,
    ) -> Result<(CreateMultipartUploadOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?.clone());
        let key = attributes::object_key(&input.key)?;
        refuse_unbuilt!(input)?;
        let attributes = attributes_of!(input);
        attributes::check(&attributes)?;
        let checksum = choose_checksum(input)?;
        let caller = request.identity()?;
        let Owned { owner, acl } =
            self.settle_upload(&bucket, Some(caller), &input.key, &acl_headers!(input))?;
        let marks = Marks {
            tags: marks::tags_of_header(input.tagging.as_deref())?,
            hold: hold_of!(input, &bucket.row, self.clock().now())?,
            acl,
        };
        let mut row = UploadRow {
            owner,
            initiator: Some(people::initiator_of(caller)),
            initiated: model::Timestamp::default(),
            class: attributes::storage_class(input.storage_class.as_deref())?,
            checksum,
            attributes,
            marks,
            parts_changed: Ordinal::FIRST,
        };
        let salt = self.random().u64();
        let id = self
            .catalog()
            .commit(object_group(bucket.row.id, &key), move |view, ordinal| {
                if state::bucket(view, &bucket)?.is_none() {
                    return Ok(Decision::Refuse(S3Error::from(ErrorCode::NoSuchBucket)));
                }
                let id = UploadId { ordinal, salt };
                row.initiated = ordinal.timestamp();
                let key = space::upload(bucket.row.id, &key, id);
                Ok(Decision::Write(vec![Write::put(key, row.encode())], id))
            })
            .await
            .map_err(fault::catalog)??;
        let output = CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id.to_string()),
            checksum_algorithm: checksum.map(|(algorithm, _)| algorithm.name().to_owned()),
            checksum_type: checksum.map(|(_, kind)| kind.name().to_owned()),
            ..Default::default()
        };
        Ok((output, None))
    }
}

/// CRC64NVME is always of the full object, hashes that do not combine are always composite, the two CRC32s are
/// composite unless asked otherwise (AWS: "Checksum types for multipart uploads").
fn choose_checksum(
    input: &CreateMultipartUploadInput,
) -> Result<Option<(ChecksumAlgorithm, ChecksumType)>, S3Error> {
    let algorithm = input.checksum_algorithm.as_deref().map(checksums::parse_algorithm).transpose()?;
    let asked = match input.checksum_type.as_deref() {
        None => None,
        Some(name) => Some(ChecksumType::parse(name).ok_or_else(|| {
            S3Error::with_message(
                ErrorCode::InvalidRequest,
                "Value for x-amz-checksum-type header is invalid.",
            )
        })?),
    };
    let Some(algorithm) = algorithm else {
        return match asked {
            None => Ok(None),
            Some(_) => Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )),
        };
    };
    let kind = match (algorithm, asked) {
        (ChecksumAlgorithm::Crc64Nvme, None | Some(ChecksumType::FullObject)) => ChecksumType::FullObject,
        (algorithm, Some(ChecksumType::FullObject)) if algorithm.combines() => ChecksumType::FullObject,
        (ChecksumAlgorithm::Crc64Nvme, Some(ChecksumType::Composite))
        | (_, Some(ChecksumType::FullObject)) => {
            let kind = asked.map_or("", ChecksumType::name);
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                format!(
                    "The {kind} checksum type cannot be used with the {} checksum algorithm.",
                    algorithm.name().to_lowercase()
                ),
            ));
        }
        (_, None | Some(ChecksumType::Composite)) => ChecksumType::Composite,
    };
    Ok(Some((algorithm, kind)))
}
