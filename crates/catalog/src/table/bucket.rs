//! The record of a bucket.

use bytes::Bytes;
use model::{
    AccountId, Acl, BucketId, BucketLock, ObjectOwnership, Ordinal, PublicAccessBlock, Region, Timestamp,
    Versioning,
};

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = FORMAT_ACCESS;
/// The first format with object lock.
const FORMAT_LOCK: u8 = 2;
/// The first format that says who may come in.
const FORMAT_ACCESS: u8 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRow {
    pub id: BucketId,
    pub owner: AccountId,
    pub region: Region,
    pub created: Timestamp,
    pub versioning: Versioning,
    /// `None` while object lock was never turned on.
    pub object_lock: Option<BucketLock>,
    pub access: BucketAccess,
}

/// What every request on the bucket is judged by; policy and CORS rules themselves stand in rows of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAccess {
    /// `None` after the controls were deleted: as `ObjectWriter`.
    pub ownership: Option<ObjectOwnership>,
    pub public_access_block: Option<PublicAccessBlock>,
    /// `None`: all to the owner, nothing to others.
    pub acl: Option<Acl>,
    /// When the policy was last put; `None` when there is none. Parsed policies are kept by it.
    pub policy: Option<Ordinal>,
    /// When the CORS rules were last put; `None` when there are none.
    pub cors: Option<Ordinal>,
    /// Who asks pays, and must say so.
    pub requester_pays: bool,
    /// Tags of the bucket count in policies.
    pub abac: bool,
    /// Whether versions go only with a code of an MFA device; `None` while nobody ever said.
    pub mfa_delete: Option<bool>,
}

impl BucketAccess {
    /// As of a bucket that S3 makes today.
    pub const CLOSED: Self = Self {
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access_block: Some(PublicAccessBlock::ALL),
        acl: None,
        policy: None,
        cors: None,
        requester_pays: false,
        abac: false,
        mfa_delete: None,
    };

    /// Nothing is said by ACLs: the bucket's owner owns every object.
    pub fn is_enforced(&self) -> bool {
        self.ownership == Some(ObjectOwnership::BucketOwnerEnforced)
    }
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
        w.bucket_access(&self.access);
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
        // Before there were settings, every bucket was closed.
        let access = if r.format() < FORMAT_ACCESS { BucketAccess::CLOSED } else { r.bucket_access()? };
        Ok(Self { id, owner, region, created, versioning, object_lock, access })
    }
}
