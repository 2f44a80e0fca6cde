//! Rows of multipart uploads in progress, and of parts (which outlive their upload: they become the object).

use bytes::Bytes;
use model::{AccountId, ChecksumAlgorithm, ChecksumType, Ordinal, StorageClass, Timestamp};

use super::bytes::{RowError, RowReader, RowWriter};
use super::content::{Attributes, ChecksumRow, Content};
use super::marks::Marks;

/// Of parts.
const FORMAT: u8 = 1;
/// The first format of uploads that say who began them.
const FORMAT_INITIATOR: u8 = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    /// Whose the object will be.
    pub owner: AccountId,
    /// Who began it: an account's canonical id or a user's or session's ARN. `None` in rows of older formats.
    pub initiator: Option<String>,
    pub initiated: Timestamp,
    pub class: StorageClass,
    /// The algorithm and type that the client asked for at the start; `None` when it named none.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    pub attributes: Attributes,
    pub marks: Marks,
    /// When a part was last written: a completion that read the parts at another ordinal must read them again.
    pub parts_changed: Ordinal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRow {
    pub size_bytes: u64,
    pub md5: [u8; 16],
    pub modified: Timestamp,
    pub checksum: Option<ChecksumRow>,
    pub content: Content,
}

impl UploadRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT_INITIATOR);
        w.owner(self.owner);
        w.timestamp(self.initiated);
        w.storage_class(self.class);
        w.option(self.checksum, |w, (algorithm, kind)| {
            w.algorithm(algorithm);
            w.checksum_type(kind);
        });
        w.attributes(&self.attributes);
        w.marks(&self.marks);
        w.varint(self.parts_changed.as_u64());
        w.text(self.initiator.as_deref());
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("upload", bytes, FORMAT_INITIATOR)?;
        let owner = r.account()?;
        let initiated = r.timestamp()?;
        let class = r.storage_class()?;
        let checksum = r.option(|r| Ok((r.algorithm()?, r.checksum_type()?)))?;
        let (attributes, marks, parts_changed) = (r.attributes()?, r.marks()?, r.ordinal()?);
        let initiator = if r.format() < FORMAT_INITIATOR { None } else { r.text()? };
        Ok(Self { owner, initiator, initiated, class, checksum, attributes, marks, parts_changed })
    }
}

impl PartRow {
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
        let mut r = RowReader::new("part", bytes, FORMAT)?;
        Ok(Self {
            size_bytes: r.varint()?,
            md5: r.array()?,
            modified: r.timestamp()?,
            checksum: r.checksum()?,
            content: r.content()?,
        })
    }
}
