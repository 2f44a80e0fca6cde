//! When an access key or a role was last used.

use bytes::Bytes;
use model::Timestamp;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedRow {
    pub at: Timestamp,
    /// `s3`, `iam`, …
    pub service: String,
    pub region: String,
}

impl UsedRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.timestamp(self.at);
        w.bytes(self.service.as_bytes());
        w.bytes(self.region.as_bytes());
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("last use", bytes, FORMAT)?;
        Ok(Self { at: r.timestamp()?, service: r.string()?, region: r.string()? })
    }
}
