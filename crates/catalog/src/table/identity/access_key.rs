//! Access keys: whose they are, and their secrets.

use bytes::Bytes;
use model::{AccountId, Timestamp};

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 2;
/// The first format with users, and with sealed secrets.
const FORMAT_USERS: u8 = 2;

/// An access key of a user, or of an account's root user.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKeyRow {
    pub account: AccountId,
    /// The user's name in lower case; none for the account's root user.
    pub user: Option<String>,
    pub secret: KeptSecret,
    pub active: bool,
    pub created: Timestamp,
}

/// A secret as it lies on disk. Never printed: this type has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum KeptSecret {
    /// As the first format kept it.
    Plain(String),
    Sealed(Bytes),
}

impl AccessKeyRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.owner(self.account);
        match &self.secret {
            KeptSecret::Plain(secret) => {
                w.u8(0);
                w.bytes(secret.as_bytes());
            }
            KeptSecret::Sealed(sealed) => {
                w.u8(1);
                w.bytes(sealed);
            }
        }
        w.text(self.user.as_deref());
        w.u8(self.active.into());
        w.timestamp(self.created);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("access key", bytes, FORMAT)?;
        let account = r.account()?;
        if r.format() < FORMAT_USERS {
            let secret = KeptSecret::Plain(r.string()?);
            return Ok(Self { account, user: None, secret, active: true, created: Timestamp::default() });
        }
        let secret = match r.u8()? {
            0 => KeptSecret::Plain(r.string()?),
            1 => KeptSecret::Sealed(r.bytes()?),
            _ => return Err(r.damaged()),
        };
        Ok(Self { account, secret, user: r.text()?, active: r.bool()?, created: r.timestamp()? })
    }
}
