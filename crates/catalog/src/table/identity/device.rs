//! Virtual MFA devices.

use bytes::Bytes;
use model::Timestamp;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

/// A device that makes one-time codes (TOTP).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    pub name: String,
    pub path: String,
    pub created: Timestamp,
    pub tags: Vec<(String, String)>,
    /// The seed of its codes, sealed.
    pub seed: Bytes,
    /// The user who has it, by name in lower case, and since when.
    pub user: Option<(String, Timestamp)>,
    /// The time step of the last code that was taken: no code is taken twice.
    pub last_step: u64,
}

impl DeviceRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(self.name.as_bytes());
        w.bytes(self.path.as_bytes());
        w.timestamp(self.created);
        w.pairs(&self.tags);
        w.bytes(&self.seed);
        w.option(self.user.as_ref(), |w, (name, since)| {
            w.bytes(name.as_bytes());
            w.timestamp(*since);
        });
        w.varint(self.last_step);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("MFA device", bytes, FORMAT)?;
        Ok(Self {
            name: r.string()?,
            path: r.string()?,
            created: r.timestamp()?,
            tags: r.pairs()?,
            seed: r.bytes()?,
            user: r.option(|r| Ok((r.string()?, r.timestamp()?)))?,
            last_step: r.varint()?,
        })
    }
}
