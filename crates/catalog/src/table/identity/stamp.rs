//! The stamp of an account's identity rows: it changes with each of them.

use bytes::Bytes;
use model::Ordinal;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StampRow {
    /// Of the last commit that changed an identity row of the account.
    pub ordinal: Ordinal,
    pub counts: Counts,
}

/// How many of each the account has: quotas are asked without a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub users: u64,
    pub groups: u64,
    pub roles: u64,
    pub policies: u64,
    pub policy_versions: u64,
    pub providers: u64,
    pub devices: u64,
    pub devices_in_use: u64,
}

impl StampRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.varint(self.ordinal.as_u64());
        let c = self.counts;
        for count in [
            c.users,
            c.groups,
            c.roles,
            c.policies,
            c.policy_versions,
            c.providers,
            c.devices,
            c.devices_in_use,
        ] {
            w.varint(count);
        }
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("identity stamp", bytes, FORMAT)?;
        Ok(Self {
            ordinal: r.ordinal()?,
            counts: Counts {
                users: r.varint()?,
                groups: r.varint()?,
                roles: r.varint()?,
                policies: r.varint()?,
                policy_versions: r.varint()?,
                providers: r.varint()?,
                devices: r.varint()?,
                devices_in_use: r.varint()?,
            },
        })
    }
}
