//! The record of a bucket.

use bytes::Bytes;
use model::{AccountId, BucketId, Region, Timestamp, Versioning};

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRow {
    pub id: BucketId,
    pub owner: AccountId,
    pub region: Region,
    pub created: Timestamp,
    pub versioning: Versioning,
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
        Ok(Self { id, owner, region, created, versioning })
    }
}
