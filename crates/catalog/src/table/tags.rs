//! The tags of a bucket.

use bytes::Bytes;

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagsRow {
    /// Keys and values, in the order of their keys.
    pub tags: Vec<(String, String)>,
}

impl TagsRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.pairs(&self.tags);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("bucket tags", bytes, FORMAT)?;
        Ok(Self { tags: r.pairs()? })
    }
}
