//! Outbox rows: bytes and rows that nothing names any more, left to the reclaimer by the commit that unnamed them.

use bytes::Bytes;
use model::{BucketId, ObjectKey, UploadId};

use super::bytes::{RowError, RowReader, RowWriter};
use super::content::PartTable;

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReclaimRow {
    /// Bytes in the store, by their encoded manifest.
    Stored(Bytes),
    /// All parts that are left of an upload, with their bytes.
    Parts { bucket: BucketId, key: ObjectKey, upload: UploadId },
    /// The parts of a completed upload that the completion did not list; `listed` are those that it did.
    Unlisted { bucket: BucketId, key: ObjectKey, upload: UploadId, listed: PartTable },
    /// The uploads of a bucket that was deleted.
    Uploads { bucket: BucketId },
    /// The annotations of a version that is gone, with their bytes.
    Annotations { bucket: BucketId, salt: u128 },
}

impl ReclaimRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        match self {
            Self::Stored(manifest) => {
                w.u8(0);
                w.raw(manifest);
            }
            Self::Parts { bucket, key, upload } => {
                w.u8(1);
                w.varint(bucket.0);
                w.bytes(key.as_str().as_bytes());
                w.upload(*upload);
            }
            Self::Unlisted { bucket, key, upload, listed } => {
                w.u8(3);
                w.varint(bucket.0);
                w.bytes(key.as_str().as_bytes());
                w.upload(*upload);
                w.part_table(listed);
            }
            Self::Uploads { bucket } => {
                w.u8(2);
                w.varint(bucket.0);
            }
            Self::Annotations { bucket, salt } => {
                w.u8(4);
                w.varint(bucket.0);
                w.raw(&salt.to_be_bytes());
            }
        }
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("reclaim", bytes, FORMAT)?;
        match r.u8()? {
            0 => Ok(Self::Stored(r.rest())),
            1 => Ok(Self::Parts { bucket: BucketId(r.varint()?), key: r.key()?, upload: r.upload()? }),
            2 => Ok(Self::Uploads { bucket: BucketId(r.varint()?) }),
            3 => Ok(Self::Unlisted {
                bucket: BucketId(r.varint()?),
                key: r.key()?,
                upload: r.upload()?,
                listed: r.part_table()?,
            }),
            4 => {
                let bucket = BucketId(r.varint()?);
                Ok(Self::Annotations { bucket, salt: u128::from_be_bytes(r.array()?) })
            }
            _ => Err(r.damaged()),
        }
    }
}
