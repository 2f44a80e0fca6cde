//! Roles.

use bytes::Bytes;
use model::Timestamp;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    pub name: String,
    pub path: String,
    /// `AROA…`
    pub id: String,
    pub description: Option<String>,
    pub created: Timestamp,
    pub tags: Vec<(String, String)>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its trust policy: who may assume it.
    pub trust: String,
    /// The longest session, in seconds.
    pub session_max_s: u64,
    /// ARNs of managed policies, in the order in which they were attached.
    pub attached: Vec<String>,
    /// Names and texts of inline policies, in the order of their names.
    pub inline: Vec<(String, String)>,
}

impl RoleRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(self.name.as_bytes());
        w.bytes(self.path.as_bytes());
        w.bytes(self.id.as_bytes());
        w.text(self.description.as_deref());
        w.timestamp(self.created);
        w.pairs(&self.tags);
        w.text(self.boundary.as_deref());
        w.bytes(self.trust.as_bytes());
        w.varint(self.session_max_s);
        w.strings(&self.attached);
        w.pairs(&self.inline);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("role", bytes, FORMAT)?;
        Ok(Self {
            name: r.string()?,
            path: r.string()?,
            id: r.string()?,
            description: r.text()?,
            created: r.timestamp()?,
            tags: r.pairs()?,
            boundary: r.text()?,
            trust: r.string()?,
            session_max_s: r.varint()?,
            attached: r.strings()?,
            inline: r.pairs()?,
        })
    }
}
