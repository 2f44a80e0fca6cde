//! What the operations on an upload share: finding it, and writing a part into it.

use api::{ErrorCode, S3Error};
use auth::Bucket;
use catalog::table::{BucketRow, ChecksumRow, Content, PartRow, UploadRow, space};
use catalog::{Decision, Fault, View};
use model::{ObjectKey, PartNumber, Timestamp, UploadId};

use crate::deed::Deed;
use crate::fault;
use crate::hall::{Hall, object_group};

/// A part about to be named.
pub(super) struct NewPart {
    pub(super) size_bytes: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Option<ChecksumRow>,
    pub(super) content: Content,
}

pub(super) fn no_such_upload(id: &str) -> S3Error {
    S3Error::from(ErrorCode::NoSuchUpload).element("UploadId", id)
}

pub(super) fn parse_upload_id(text: Option<&str>) -> Result<UploadId, S3Error> {
    let text = text.unwrap_or_default();
    UploadId::parse(text).ok_or_else(|| no_such_upload(text))
}

pub(super) fn parse_part_number(number: Option<i32>) -> Result<PartNumber, S3Error> {
    let number = number.unwrap_or_default();
    PartNumber::new(i64::from(number)).ok_or_else(|| {
        S3Error::invalid_argument(
            "partNumber",
            &number.to_string(),
            "Part number must be an integer between 1 and 10000, inclusive",
        )
    })
}

pub(crate) fn find(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    id: UploadId,
) -> Result<Option<UploadRow>, Fault> {
    let row = view.get(&space::upload(bucket.id, key, id))?;
    row.map(|row| UploadRow::decode(row).map_err(fault::row)).transpose()
}

impl Hall {
    pub(super) fn upload_now(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<UploadRow, S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let row = find(&view, &bucket.row, key, id).map_err(fault::catalog)?;
        row.ok_or_else(|| no_such_upload(&id.to_string()))
    }

    /// Names a part's bytes; those of an earlier part with this number are left to the reclaimer.
    pub(super) async fn name_part(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: UploadId,
        number: PartNumber,
        new: NewPart,
    ) -> Result<Timestamp, S3Error> {
        let content = new.content.clone();
        let (row, object) = (bucket.row.clone(), key.clone());
        let mut part = PartRow {
            size_bytes: new.size_bytes,
            md5: new.md5,
            modified: Timestamp::default(),
            checksum: new.checksum,
            content: new.content,
        };
        let named = self
            .catalog()
            .commit(object_group(bucket.row.id, key), move |view, ordinal| {
                let Some(mut upload) = find(view, &row, &object, id)? else {
                    return Ok(Decision::Refuse(no_such_upload(&id.to_string())));
                };
                part.modified = ordinal.timestamp();
                let mut deed = Deed::new(view, &row, &object, ordinal);
                let part_key = space::part(row.id, &object, id, number);
                if let Some(old) = view.get(&part_key)? {
                    deed.reclaim(&PartRow::decode(old).map_err(fault::row)?.content);
                }
                deed.put(part_key, part.encode());
                upload.parts_changed = ordinal;
                deed.put(space::upload(row.id, &object, id), upload.encode());
                Ok(Decision::Write(deed.into_writes(), part.modified))
            })
            .await;
        match named {
            Ok(Ok(modified)) => Ok(modified),
            Ok(Err(refusal)) => {
                self.discard(content);
                Err(refusal)
            }
            Err(fault) => {
                if !fault.outcome_unknown() {
                    self.discard(content);
                }
                Err(fault::catalog(fault))
            }
        }
    }
}
