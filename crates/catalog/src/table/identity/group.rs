//! Groups of users.

use bytes::Bytes;
use model::Timestamp;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    pub name: String,
    pub path: String,
    /// `AGPA…`
    pub id: String,
    pub created: Timestamp,
    /// ARNs of managed policies, in the order in which they were attached.
    pub attached: Vec<String>,
    /// Names and texts of inline policies, in the order of their names.
    pub inline: Vec<(String, String)>,
}

impl GroupRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(self.name.as_bytes());
        w.bytes(self.path.as_bytes());
        w.bytes(self.id.as_bytes());
        w.timestamp(self.created);
        w.strings(&self.attached);
        w.pairs(&self.inline);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("group", bytes, FORMAT)?;
        Ok(Self {
            name: r.string()?,
            path: r.string()?,
            id: r.string()?,
            created: r.timestamp()?,
            attached: r.strings()?,
            inline: r.pairs()?,
        })
    }
}
