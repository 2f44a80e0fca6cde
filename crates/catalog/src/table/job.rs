//! Work that takes long and goes on where it stopped.

use bytes::Bytes;
use model::Timestamp;

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

/// A walk over the catalog's rows; there is a row as long as it is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    pub begun: Timestamp,
    /// Rows before this key are done.
    pub next: Vec<u8>,
    /// What the work counts, in its own order.
    pub counts: Vec<u64>,
}

impl JobRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.timestamp(self.begun);
        w.bytes(&self.next);
        w.varint(self.counts.len() as u64);
        self.counts.iter().for_each(|count| w.varint(*count));
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("job", bytes, FORMAT)?;
        let (begun, next, count) = (r.timestamp()?, r.bytes()?.to_vec(), r.varint()?);
        let count = r.legal((count <= 64).then_some(count))?;
        let counts = (0..count).map(|_| r.varint()).collect::<Result<_, _>>()?;
        Ok(Self { begun, next, counts })
    }
}
