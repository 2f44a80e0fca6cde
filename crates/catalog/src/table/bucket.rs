//! The record of a bucket.

use bytes::Bytes;
use model::{AccountId, BucketId, BucketLock, Region, Timestamp, Versioning};

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 2;
/// The first format with object lock.
const FORMAT_LOCK: u8 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRow {
    pub id: BucketId,
    pub owner: AccountId,
    pub region: Region,
    pub created: Timestamp,
    pub versioning: Versioning,
    /// `None` while object lock was never turned on.
    pub object_lock: Option<BucketLock>,
}

impl BucketRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.varint(self.id.0);
        w.owner(self.owner);
        w.bytes(self.region.as_str().as_bytes());
        w.timestamp(self.created);
        w.u8(match self.versioning {
            Versioning::Unversioned => 0,
            Versioning::Enabled => 1,
            Versioning::Suspended => 2,
        });
        w.option(self.object_lock, |w, lock| w.option(lock.default, RowWriter::default_retention));
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("bucket", bytes, FORMAT)?;
        let id = BucketId(r.varint()?);
        let owner = r.account()?;
        let region = r.string()?;
        let region = r.legal(Region::parse(&region))?;
        let created = r.timestamp()?;
        let versioning = match r.u8()? {
            0 => Versioning::Unversioned,
            1 => Versioning::Enabled,
            2 => Versioning::Suspended,
            _ => return Err(r.damaged()),
        };
        let object_lock = match r.format() {
            ..FORMAT_LOCK => None,
            _ => r.option(|r| Ok(BucketLock { default: r.option(RowReader::default_retention)? }))?,
        };
        Ok(Self { id, owner, region, created, versioning, object_lock })
    }
}
