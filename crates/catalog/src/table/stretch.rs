//! The rows of a stretch as bytes, cut into pages: one after the other, each key told apart from the one before.

use bytes::{Bytes, BytesMut};

use super::bytes::{RowError, RowReader, RowWriter, varint};

const FORMAT: u8 = 1;
/// The bytes of every page but the last: what the store takes as one chunk.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// A key and its value; `None`: it was deleted.
pub type StretchRow = (Bytes, Option<Bytes>);

/// Takes rows in the order of their keys and gives pages as they are full.
#[derive(Debug)]
pub struct StretchWriter {
    bytes: BytesMut,
    last: Bytes,
}

impl StretchWriter {
    /// `start` and `end`: as the naming row has them.
    pub fn new(start: &[u8], end: &[u8]) -> Self {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(start);
        w.bytes(end);
        Self { bytes: w.finish().into(), last: Bytes::new() }
    }

    pub fn push(&mut self, key: Bytes, value: Option<&[u8]>) {
        let shared = self.last.iter().zip(&key).take_while(|(one, other)| one == other).count();
        varint(&mut self.bytes, shared as u64);
        varint(&mut self.bytes, (key.len() - shared) as u64);
        self.bytes.extend_from_slice(&key[shared..]);
        varint(&mut self.bytes, value.map_or(0, |value| value.len() as u64 + 1));
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.last = key;
    }

    /// What is in no page yet.
    pub fn len_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// A page that is not the last.
    pub fn page(&mut self) -> Option<Bytes> {
        (self.bytes.len() > PAGE_BYTES).then(|| self.bytes.split_to(PAGE_BYTES).freeze())
    }

    /// The last page, once `page` has no more. It has at least one byte.
    pub fn finish(self) -> Bytes {
        self.bytes.freeze()
    }
}

/// The rows of a stretch whose pages were joined.
pub struct StretchReader {
    reader: RowReader,
    pub start: Bytes,
    pub end: Bytes,
    last: Bytes,
}

impl StretchReader {
    pub fn new(bytes: Bytes) -> Result<Self, RowError> {
        let mut reader = RowReader::new("stretch", bytes, FORMAT)?;
        let (start, end) = (reader.bytes()?, reader.bytes()?);
        Ok(Self { reader, start, end, last: Bytes::new() })
    }

    /// The next row; keys ascend.
    #[expect(clippy::should_implement_trait, reason = "it can fail between any two rows")]
    pub fn next(&mut self) -> Result<Option<StretchRow>, RowError> {
        let r = &mut self.reader;
        if r.is_at_end() {
            return Ok(None);
        }
        let shared = r.varint()?;
        let shared = r.legal(usize::try_from(shared).ok().and_then(|shared| self.last.get(..shared)))?;
        let key = Bytes::from([shared, &r.bytes()?[..]].concat());
        r.legal((key > self.last).then_some(()))?;
        let value = match r.varint()?.checked_sub(1) {
            None => None,
            Some(length) => {
                let length = r.legal(usize::try_from(length).ok())?;
                Some(r.take(length)?)
            }
        };
        self.last = key.clone();
        Ok(Some((key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, proptest};

    fn row(key: &str, value: Option<&str>) -> StretchRow {
        (Bytes::copy_from_slice(key.as_bytes()), value.map(|value| Bytes::copy_from_slice(value.as_bytes())))
    }

    fn read(bytes: Bytes) -> Result<(Bytes, Bytes, Vec<StretchRow>), RowError> {
        let mut reader = StretchReader::new(bytes)?;
        let mut rows = Vec::new();
        while let Some(row) = reader.next()? {
            rows.push(row);
        }
        Ok((reader.start, reader.end, rows))
    }

    fn written(start: &str, end: &str, rows: &[StretchRow]) -> Vec<Bytes> {
        let mut writer = StretchWriter::new(start.as_bytes(), end.as_bytes());
        let mut pages = Vec::new();
        for (key, value) in rows {
            writer.push(key.clone(), value.as_deref());
            pages.extend(std::iter::from_fn(|| writer.page()));
        }
        pages.push(writer.finish());
        pages
    }

    #[test]
    fn format_1_is_frozen() {
        let rows = [row("key/1", Some("one")), row("key/12", None), row("kez", Some(""))];
        let pages = written("key", "l", &rows);
        let frozen = b"\x01\x03key\x01l\x00\x05key/1\x04one\x05\x012\x00\x02\x01z\x01";
        assert_eq!(pages, [&frozen[..]]);
        let (start, end, read) = read(Bytes::from_static(frozen)).unwrap();
        assert_eq!((&start[..], &end[..], &read[..]), (&b"key"[..], &b"l"[..], &rows[..]));
    }

    #[test]
    fn a_row_larger_than_a_page_goes_over_several() {
        let large = "x".repeat(2 * PAGE_BYTES + 5);
        let rows = [row("a", Some("first")), row("b", Some(&large)), row("c", None)];
        let pages = written("", "", &rows);
        assert_eq!(pages.iter().map(Bytes::len).collect::<Vec<_>>()[..2], [PAGE_BYTES; 2]);
        assert_eq!(pages.len(), 3);
        assert_eq!(read(pages.concat().into()).unwrap().2, rows);
    }

    #[test]
    fn a_stretch_that_lacks_its_end_is_damage() {
        let whole = written("", "", &[row("a", Some("value"))]).concat();
        for length in 4..whole.len() {
            assert!(read(whole[..length].to_vec().into()).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read([&[FORMAT, 0, 0], &bytes[..]].concat().into());
        }
    }
}
