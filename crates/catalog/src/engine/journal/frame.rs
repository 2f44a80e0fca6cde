//! One batch on disk: a header that can be checked alone, and the batch's writes. docs/formats/journal.md
//! draws it byte by byte.
//!
//! Reader and writer stand side by side. Nothing here does I/O.

use bytes::Bytes;
use model::Ordinal;
use world::AlignedBytes;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::Fault;

/// Frames start and end at multiples of this, so that writing one never touches a block of another.
pub(crate) const ALIGN: usize = 4096;
pub(crate) const HEADER_BYTES: usize = 64;
const MARKER: [u8; 8] = *b"SRjourn\n";
const FORMAT: u16 = 1;
/// Neither a generation, a sequence nor an ordinal gets there: that would take centuries.
const COUNTER_END: u64 = 1 << 63;
/// A plan in the payload: ordinal and count of writes.
const PLAN_BYTES: usize = 12;
const KIND_PUT: u8 = 1;
const KIND_DELETE: u8 = 2;

/// Whose frames a segment holds since it was last taken into use. The salt is drawn anew each time, so that
/// neither stale frames nor values that imitate one are ever taken for this use's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tenure {
    pub generation: u64,
    pub salt: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub format: u16,
    pub tenure: Tenure,
    pub sequence: u64,
    /// The last ordinal given before or in this batch.
    pub ordinal: Ordinal,
    pub payload_bytes: usize,
    checksum: u64,
}

/// One write of a batch, in the order in which they were decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub ordinal: Ordinal,
    pub key: Bytes,
    pub value: Option<Bytes>,
}

/// A frame being built; its buffer is reused from batch to batch, and fit to be written around the page cache.
#[derive(Default)]
pub(crate) struct FrameWriter {
    buffer: AlignedBytes,
    /// Header and payload, where the frame is padded already.
    sealed_bytes: Option<usize>,
}

impl FrameWriter {
    pub fn begin(&mut self) {
        self.sealed_bytes = None;
        self.buffer.clear();
        self.buffer.resize(HEADER_BYTES, 0);
    }

    /// Starts the writes of one plan; `count` of them must follow.
    pub fn plan(&mut self, ordinal: Ordinal, count: u32) {
        self.buffer.extend_from_slice(&ordinal.as_u64().to_le_bytes());
        self.buffer.extend_from_slice(&count.to_le_bytes());
    }

    pub fn write(&mut self, key: &[u8], value: Option<&[u8]>) {
        let value_bytes = value.map_or(0, <[u8]>::len) as u32;
        self.buffer.push(if value.is_some() { KIND_PUT } else { KIND_DELETE });
        self.buffer.extend_from_slice(&(key.len() as u16).to_le_bytes());
        self.buffer.extend_from_slice(&value_bytes.to_le_bytes());
        self.buffer.extend_from_slice(key);
        self.buffer.extend_from_slice(value.unwrap_or_default());
    }

    /// Takes a payload as it was read from another frame.
    pub fn copy_payload(&mut self, payload: &[u8]) {
        self.buffer.extend_from_slice(payload);
    }

    /// What `seal` will give.
    pub fn frame_bytes(&self) -> usize {
        self.buffer.len().next_multiple_of(ALIGN)
    }

    pub fn payload_bytes(&self) -> usize {
        self.buffer.len() - HEADER_BYTES
    }

    /// Completes the frame: header, payload and padding. It may be sealed again for another place; `begin`
    /// must come before the next one.
    pub fn seal(&mut self, tenure: Tenure, sequence: u64, ordinal: Ordinal) -> &[u8] {
        let end = *self.sealed_bytes.get_or_insert(self.buffer.len());
        let payload_bytes = end - HEADER_BYTES;
        let header = &mut self.buffer[..HEADER_BYTES];
        header[..8].copy_from_slice(&MARKER);
        header[16..18].copy_from_slice(&FORMAT.to_le_bytes());
        header[18..20].copy_from_slice(&[0; 2]);
        header[20..24].copy_from_slice(&(payload_bytes as u32).to_le_bytes());
        header[24..32].copy_from_slice(&tenure.generation.to_le_bytes());
        header[32..40].copy_from_slice(&tenure.salt.to_le_bytes());
        header[40..48].copy_from_slice(&sequence.to_le_bytes());
        header[48..56].copy_from_slice(&ordinal.as_u64().to_le_bytes());
        header[56..64].copy_from_slice(&[0; 8]);
        let checksum = xxh3_64_with_seed(&self.buffer[16..end], tenure.generation ^ tenure.salt);
        self.buffer[8..16].copy_from_slice(&checksum.to_le_bytes());
        self.buffer.resize(end.next_multiple_of(ALIGN), 0);
        &self.buffer
    }
}

impl Header {
    /// Reads what may be a header; only `proves` says that it is one.
    pub fn read(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let u64_at = |at: usize| bytes[at..].first_chunk().map(|word| u64::from_le_bytes(*word));
        if bytes[..8] != MARKER {
            return None;
        }
        Some(Self {
            checksum: u64_at(8)?,
            format: u16::from_le_bytes([bytes[16], bytes[17]]),
            payload_bytes: u32::from_le_bytes(*bytes[20..].first_chunk()?) as usize,
            tenure: Tenure { generation: u64_at(24)?, salt: u64_at(32)? },
            sequence: u64_at(40)?,
            ordinal: Ordinal::from_u64(u64_at(48)?),
        })
    }

    /// A later release's frame must be refused, not cut off as if it were torn: so every format keeps this
    /// header and its checksum, and changes only the payload.
    pub const fn is_readable(&self) -> bool {
        self.format == FORMAT
    }

    /// Whether counting on from it is safe: a checksum tells of rot, not of what a faulty program wrote.
    pub const fn is_plausible(&self) -> bool {
        self.tenure.generation < COUNTER_END
            && self.sequence < COUNTER_END
            && self.ordinal.as_u64() < COUNTER_END
    }

    pub const fn frame_bytes(&self) -> usize {
        (HEADER_BYTES + self.payload_bytes).next_multiple_of(ALIGN)
    }

    /// `frame` holds header and payload at least.
    pub fn proves(&self, frame: &[u8]) -> bool {
        let seed = self.tenure.generation ^ self.tenure.salt;
        let covered = frame.get(16..HEADER_BYTES + self.payload_bytes);
        covered.is_some_and(|bytes| xxh3_64_with_seed(bytes, seed) == self.checksum)
    }
}

/// The rows of a proven payload. It was proven, so a form that does not fit is a fault, not a torn tail.
pub(crate) fn rows(payload: Bytes) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    let mut rest = payload;
    while !rest.is_empty() {
        let head = take(&mut rest, PLAN_BYTES)?;
        let ordinal = Ordinal::from_u64(number(&head[..8]));
        for _ in 0..number(&head[8..]) {
            let head = take(&mut rest, 7)?;
            let key = take(&mut rest, number(&head[1..3]) as usize)?;
            let value = take(&mut rest, number(&head[3..]) as usize)?;
            let value = match head[0] {
                KIND_PUT => Some(value),
                KIND_DELETE => None,
                kind => return Err(Fault::corrupt("journal", format!("a write of unknown kind {kind}"))),
            };
            rows.push(Row { ordinal, key, value });
        }
    }
    Ok(rows)
}

fn take(rest: &mut Bytes, count: usize) -> Result<Bytes, Fault> {
    if rest.len() < count {
        return Err(Fault::corrupt("journal", "a proven batch ends inside a write"));
    }
    Ok(rest.split_to(count))
}

/// Little-endian, at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENURE: Tenure = Tenure { generation: 3, salt: 0x5eed_5a17_0ddb_a115 };

    fn frame() -> Vec<u8> {
        let mut writer = FrameWriter::default();
        writer.begin();
        writer.plan(Ordinal::from_u64(10), 2);
        writer.write(b"bucket/key", Some(b"value"));
        writer.write(b"bucket/gone", None);
        writer.plan(Ordinal::from_u64(11), 1);
        writer.write(b"other", Some(b""));
        writer.seal(Tenure { generation: 1, salt: 1 }, 41, Ordinal::from_u64(12));
        writer.seal(TENURE, 42, Ordinal::from_u64(12)).to_vec()
    }

    #[test]
    fn the_frozen_fixture_of_format_1_is_what_we_write_and_still_reads() {
        let fixture = include_bytes!("fixtures/batch-format-1.bin");
        let frame = frame();
        assert_eq!(frame, fixture);
        let header = Header::read(frame.first_chunk().unwrap()).unwrap();
        assert!(header.proves(fixture));
        assert_eq!((header.tenure, header.sequence, header.ordinal.as_u64()), (TENURE, 42, 12));
        assert_eq!(header.frame_bytes(), ALIGN);
        let payload = Bytes::from(frame).slice(HEADER_BYTES..HEADER_BYTES + header.payload_bytes);
        let row = |ordinal, key: &'static str, value: Option<&'static str>| Row {
            ordinal: Ordinal::from_u64(ordinal),
            key: Bytes::from_static(key.as_bytes()),
            value: value.map(|value| Bytes::from_static(value.as_bytes())),
        };
        let expected =
            [row(10, "bucket/key", Some("value")), row(10, "bucket/gone", None), row(11, "other", Some(""))];
        assert_eq!(rows(payload).unwrap(), expected);
    }

    #[test]
    fn any_flipped_bit_of_header_or_payload_is_found() {
        let frame = frame();
        let end = HEADER_BYTES + Header::read(frame.first_chunk().unwrap()).unwrap().payload_bytes;
        for bit in 0..end * 8 {
            let mut rotten = frame.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            let header = Header::read(rotten.first_chunk().unwrap());
            assert!(!header.is_some_and(|header| header.proves(&rotten)), "bit {bit}");
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic() {
        use world::Random;
        let random = world::SeededRandom::new(7);
        for length in 0..600 {
            let mut bytes = vec![0; length];
            random.fill(&mut bytes);
            let _ = rows(Bytes::from(bytes));
        }
    }
}
