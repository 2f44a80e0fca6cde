//! Rows of accounts.

use bytes::Bytes;
use model::{AccountId, CanonicalId, Timestamp};

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub id: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub canonical_id: CanonicalId,
    pub created: Timestamp,
    /// The access keys of its root user.
    pub access_keys: Vec<String>,
}

impl AccountRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.owner(self.id);
        w.bytes(self.name.as_bytes());
        w.text(self.email.as_deref());
        w.bytes(self.canonical_id.as_str().as_bytes());
        w.timestamp(self.created);
        w.strings(&self.access_keys);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("account", bytes, FORMAT)?;
        let id = r.account()?;
        let name = r.string()?;
        let email = r.text()?;
        let canonical_id = r.string()?;
        let canonical_id = r.legal(CanonicalId::parse(&canonical_id))?;
        let created = r.timestamp()?;
        let access_keys = r.strings()?;
        Ok(Self { id, name, email, canonical_id, created, access_keys })
    }
}
