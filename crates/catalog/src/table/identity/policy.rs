//! An account's managed policies, with their versions.

use bytes::Bytes;
use model::Timestamp;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    pub name: String,
    pub path: String,
    /// `ANPA…`
    pub id: String,
    pub description: Option<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub tags: Vec<(String, String)>,
    /// In the order of their numbers.
    pub versions: Vec<PolicyVersion>,
    /// The number of the version that is in force.
    pub default: u64,
    /// The number of the next version: none is ever given twice.
    pub next: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    pub number: u64,
    pub text: String,
    pub created: Timestamp,
}

impl PolicyRow {
    pub fn version(&self, number: u64) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The document that is in force.
    pub fn text(&self) -> Option<&str> {
        self.version(self.default).map(|version| version.text.as_str())
    }

    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(self.name.as_bytes());
        w.bytes(self.path.as_bytes());
        w.bytes(self.id.as_bytes());
        w.text(self.description.as_deref());
        w.timestamp(self.created);
        w.timestamp(self.updated);
        w.pairs(&self.tags);
        w.varint(self.versions.len() as u64);
        for version in &self.versions {
            w.varint(version.number);
            w.bytes(version.text.as_bytes());
            w.timestamp(version.created);
        }
        w.varint(self.default);
        w.varint(self.next);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("managed policy", bytes, FORMAT)?;
        let (name, path, id) = (r.string()?, r.string()?, r.string()?);
        let description = r.text()?;
        let (created, updated) = (r.timestamp()?, r.timestamp()?);
        let tags = r.pairs()?;
        let mut versions = Vec::new();
        for _ in 0..r.varint()? {
            versions.push(PolicyVersion { number: r.varint()?, text: r.string()?, created: r.timestamp()? });
        }
        let (default, next) = (r.varint()?, r.varint()?);
        Ok(Self { name, path, id, description, created, updated, tags, versions, default, next })
    }
}
