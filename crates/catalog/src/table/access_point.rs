//! Access points: further names of a bucket, each with a policy of its own.

use bytes::Bytes;
use model::{AccountId, BucketId, BucketName, Ordinal, PublicAccessBlock, Region, Timestamp};

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPointRow {
    pub account: AccountId,
    pub name: String,
    /// What may stand where a bucket's name stands.
    pub alias: String,
    pub bucket: BucketName,
    pub bucket_id: BucketId,
    pub bucket_owner: AccountId,
    /// The bucket's.
    pub region: Region,
    pub created: Timestamp,
    pub public_access_block: PublicAccessBlock,
    /// The policy, and when it was put.
    pub policy: Option<(Ordinal, String)>,
}

impl AccessPointRow {
    /// `arn:aws:s3:region:account:accesspoint/name`
    pub fn arn(&self) -> String {
        format!("arn:aws:s3:{}:{}:accesspoint/{}", self.region, self.account, self.name)
    }

    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.owner(self.account);
        w.bytes(self.name.as_bytes());
        w.bytes(self.alias.as_bytes());
        w.bytes(self.bucket.as_str().as_bytes());
        w.varint(self.bucket_id.0);
        w.owner(self.bucket_owner);
        w.bytes(self.region.as_str().as_bytes());
        w.timestamp(self.created);
        w.public_access_block(self.public_access_block);
        w.option(self.policy.as_ref(), |w, (stamp, text)| {
            w.varint(stamp.as_u64());
            w.bytes(text.as_bytes());
        });
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("access point", bytes, FORMAT)?;
        let (account, name, alias) = (r.account()?, r.string()?, r.string()?);
        let bucket = r.string()?;
        let bucket = r.legal(BucketName::parse(&bucket).ok())?;
        let (bucket_id, bucket_owner) = (BucketId(r.varint()?), r.account()?);
        let region = r.string()?;
        let region = r.legal(Region::parse(&region))?;
        Ok(Self {
            account,
            name,
            alias,
            bucket,
            bucket_id,
            bucket_owner,
            region,
            created: r.timestamp()?,
            public_access_block: r.public_access_block()?,
            policy: r.option(|r| Ok((Ordinal::from_u64(r.varint()?), r.string()?)))?,
        })
    }
}
