//! What rows say about access: ACLs, ownership, public access blocks; and texts that are kept as they came.

use bytes::Bytes;
use model::{
    Acl, CanonicalId, Grant, Grantee, GranteeGroup, ObjectOwnership, Ordinal, Permission, PublicAccessBlock,
};

use super::bucket::BucketAccess;
use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

/// What an account says about access to all of its buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountAccessRow {
    pub public_access_block: Option<PublicAccessBlock>,
}

/// A document as its owner wrote it: a bucket's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRow {
    pub text: String,
}

impl AccountAccessRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.option(self.public_access_block, RowWriter::public_access_block);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("account access", bytes, FORMAT)?;
        Ok(Self { public_access_block: r.option(RowReader::public_access_block)? })
    }
}

impl TextRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(self.text.as_bytes());
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("text", bytes, FORMAT)?;
        Ok(Self { text: r.string()? })
    }
}

impl RowWriter {
    pub(super) fn acl(&mut self, acl: &Acl) {
        self.varint(acl.grants.len() as u64);
        for grant in &acl.grants {
            self.u8(permission_code(grant.permission));
            match &grant.grantee {
                Grantee::Group(group) => self.u8(group_code(*group)),
                Grantee::Account(id) => {
                    self.u8(0);
                    self.bytes(id.as_str().as_bytes());
                }
            }
        }
    }

    pub(super) fn public_access_block(&mut self, block: PublicAccessBlock) {
        let switches = [
            block.block_public_acls,
            block.ignore_public_acls,
            block.block_public_policy,
            block.restrict_public_buckets,
        ];
        self.u8(switches.iter().enumerate().fold(0, |bits, (at, on)| bits | u8::from(*on) << at));
    }

    pub(super) fn bucket_access(&mut self, access: &BucketAccess) {
        self.option(access.ownership, |w, ownership| w.u8(ownership_code(ownership)));
        self.option(access.public_access_block, Self::public_access_block);
        self.option(access.acl.as_ref(), Self::acl);
        self.option(access.policy, |w, stamp| w.varint(stamp.as_u64()));
        self.option(access.cors, |w, stamp| w.varint(stamp.as_u64()));
        let mfa = u8::from(access.mfa_delete.is_some()) << 2 | u8::from(access.mfa_delete == Some(true)) << 3;
        self.u8(u8::from(access.requester_pays) | u8::from(access.abac) << 1 | mfa);
    }
}

impl RowReader {
    pub(super) fn acl(&mut self) -> Result<Acl, RowError> {
        let mut grants = Vec::new();
        for _ in 0..self.varint()? {
            let code = self.u8()?;
            let permission = Permission::ALL.into_iter().find(|known| permission_code(*known) == code);
            let permission = self.legal(permission)?;
            let grantee = match self.u8()? {
                0 => {
                    let id = self.string()?;
                    Grantee::Account(self.legal(CanonicalId::parse(&id))?)
                }
                code => {
                    let group = GranteeGroup::ALL.into_iter().find(|known| group_code(*known) == code);
                    Grantee::Group(self.legal(group)?)
                }
            };
            grants.push(Grant { grantee, permission });
        }
        Ok(Acl { grants })
    }

    pub(super) fn public_access_block(&mut self) -> Result<PublicAccessBlock, RowError> {
        let bits = self.u8()?;
        Ok(PublicAccessBlock {
            block_public_acls: bits & 1 != 0,
            ignore_public_acls: bits & 2 != 0,
            block_public_policy: bits & 4 != 0,
            restrict_public_buckets: bits & 8 != 0,
        })
    }

    pub(super) fn bucket_access(&mut self) -> Result<BucketAccess, RowError> {
        let ownership = self.option(|r| {
            let code = r.u8()?;
            let known = ObjectOwnership::ALL.into_iter().find(|known| ownership_code(*known) == code);
            r.legal(known)
        })?;
        let public_access_block = self.option(Self::public_access_block)?;
        let acl = self.option(Self::acl)?;
        let policy = self.option(|r| Ok(Ordinal::from_u64(r.varint()?)))?;
        let cors = self.option(|r| Ok(Ordinal::from_u64(r.varint()?)))?;
        let bits = self.u8()?;
        let (requester_pays, abac) = (bits & 1 != 0, bits & 2 != 0);
        let mfa_delete = (bits & 4 != 0).then_some(bits & 8 != 0);
        Ok(BucketAccess {
            mfa_delete,
            ownership,
            public_access_block,
            acl,
            policy,
            cors,
            requester_pays,
            abac,
        })
    }
}

const fn permission_code(permission: Permission) -> u8 {
    match permission {
        Permission::FullControl => 0,
        Permission::Write => 1,
        Permission::WriteAcp => 2,
        Permission::Read => 3,
        Permission::ReadAcp => 4,
    }
}

const fn group_code(group: GranteeGroup) -> u8 {
    match group {
        GranteeGroup::AllUsers => 1,
        GranteeGroup::AuthenticatedUsers => 2,
        GranteeGroup::LogDelivery => 3,
    }
}

const fn ownership_code(ownership: ObjectOwnership) -> u8 {
    match ownership {
        ObjectOwnership::BucketOwnerEnforced => 0,
        ObjectOwnership::BucketOwnerPreferred => 1,
        ObjectOwnership::ObjectWriter => 2,
    }
}
