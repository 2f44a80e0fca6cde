//! Users.

use bytes::Bytes;
use model::Timestamp;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub name: String,
    pub path: String,
    /// `AIDA…`
    pub id: String,
    pub created: Timestamp,
    pub tags: Vec<(String, String)>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Names of groups in lower case, in the order in which the user joined.
    pub groups: Vec<String>,
    /// ARNs of managed policies, in the order in which they were attached.
    pub attached: Vec<String>,
    /// Names and texts of inline policies, in the order of their names.
    pub inline: Vec<(String, String)>,
    /// Ids of access keys, the oldest first.
    pub access_keys: Vec<String>,
    /// Names of MFA devices, in lower case.
    pub devices: Vec<String>,
}

impl UserRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(self.name.as_bytes());
        w.bytes(self.path.as_bytes());
        w.bytes(self.id.as_bytes());
        w.timestamp(self.created);
        w.pairs(&self.tags);
        w.text(self.boundary.as_deref());
        w.strings(&self.groups);
        w.strings(&self.attached);
        w.pairs(&self.inline);
        w.strings(&self.access_keys);
        w.strings(&self.devices);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("user", bytes, FORMAT)?;
        Ok(Self {
            name: r.string()?,
            path: r.string()?,
            id: r.string()?,
            created: r.timestamp()?,
            tags: r.pairs()?,
            boundary: r.text()?,
            groups: r.strings()?,
            attached: r.strings()?,
            inline: r.pairs()?,
            access_keys: r.strings()?,
            devices: r.strings()?,
        })
    }
}
