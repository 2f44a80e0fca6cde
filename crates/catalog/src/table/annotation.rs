//! Rows of annotations: named texts beside a version, which go with it.

use bytes::Bytes;
use model::Timestamp;

use super::bytes::{RowError, RowReader, RowWriter};
use super::content::{ChecksumRow, Content};

const FORMAT: u8 = 1;

/// Its name, and the version that it belongs to, stand in the row's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationRow {
    pub size_bytes: u64,
    pub md5: [u8; 16],
    pub modified: Timestamp,
    pub checksum: Option<ChecksumRow>,
    pub content: Content,
}

impl AnnotationRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.varint(self.size_bytes);
        w.raw(&self.md5);
        w.timestamp(self.modified);
        w.checksum(self.checksum.as_ref());
        w.content(&self.content);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("annotation", bytes, FORMAT)?;
        Ok(Self {
            size_bytes: r.varint()?,
            md5: r.array()?,
            modified: r.timestamp()?,
            checksum: r.checksum()?,
            content: r.content()?,
        })
    }
}
