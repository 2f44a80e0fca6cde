//! A body's chunks in order, and their compact form.
//!
//! Encoded: one format byte, then tokens. `SAME n`: n more chunks like the last one, each as far behind the one
//! before as that was (one upload's chunks usually follow each other in a volume). `NEAR`: another length or
//! place in the same volume. `FAR`: everything. Numbers are varints; places count 4096-byte blocks.

use std::ops::Range;

use crate::chunk::ChunkRef;

#[cfg(test)]
mod tests;

const FORMAT: u8 = 1;
const SAME: u8 = 0;
const NEAR: u8 = 1;
const FAR: u8 = 2;
const BLOCK_BYTES: u64 = 4096;
/// More than the largest part of an upload has even in the shortest chunks that memory pressure makes.
pub const CHUNKS_MAX: usize = 1 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest(Vec<ChunkRef>);

/// Bytes that aren't an encoded manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a manifest: {0}")]
pub struct Malformed(pub &'static str);

impl Manifest {
    pub const fn new(chunks: Vec<ChunkRef>) -> Self {
        Self(chunks)
    }

    pub fn chunks(&self) -> &[ChunkRef] {
        &self.0
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The body's length.
    pub fn len_bytes(&self) -> u64 {
        self.0.iter().map(|chunk| u64::from(chunk.length)).sum()
    }

    /// The chunks that hold a range of the body, each with the part of it that is wanted. What lies beyond the
    /// body's end is left out.
    pub fn slice(&self, range: Range<u64>) -> Slice<'_> {
        Slice { chunks: self.0.iter(), at: 0, range }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        let mut context = Context::default();
        let mut same = 0;
        for chunk in &self.0 {
            if context.predicted() == Some(*chunk) {
                same += 1;
            } else {
                flush_same(&mut out, &mut same);
                context.encode(&mut out, chunk);
            }
            context.follow(*chunk);
        }
        flush_same(&mut out, &mut same);
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some((&FORMAT, mut rest)) = bytes.split_first() else {
            return Err(Malformed("unknown format"));
        };
        let (mut chunks, mut context) = (Vec::new(), Context::default());
        while !rest.is_empty() {
            let (count, first) = context.decode(&mut rest)?;
            if count > (CHUNKS_MAX - chunks.len()) as u64 {
                return Err(Malformed("too many chunks"));
            }
            let mut next = Some(first);
            for _ in 0..count {
                let chunk = next.ok_or(Malformed("a run without an end"))?;
                context.follow(chunk);
                chunks.push(chunk);
                next = context.predicted();
            }
        }
        Ok(Self(chunks))
    }
}

impl FromIterator<ChunkRef> for Manifest {
    fn from_iter<I: IntoIterator<Item = ChunkRef>>(chunks: I) -> Self {
        Self(chunks.into_iter().collect())
    }
}

/// What the next token is told apart from.
#[derive(Default)]
struct Context {
    last: Option<ChunkRef>,
    /// From the last chunk but one to the last.
    stride: u64,
}

impl Context {
    fn follow(&mut self, chunk: ChunkRef) {
        let near = self.last.filter(|last| (last.device, last.volume) == (chunk.device, chunk.volume));
        // Before there are two, the next record is expected right behind this one.
        self.stride = match near {
            Some(last) if chunk.offset > last.offset => chunk.offset - last.offset,
            _ => volume::extent_bytes_at_least(chunk.length),
        };
        self.last = Some(chunk);
    }

    fn predicted(&self) -> Option<ChunkRef> {
        let last = self.last?;
        Some(ChunkRef { offset: last.offset.checked_add(self.stride)?, ..last })
    }

    fn encode(&self, out: &mut Vec<u8>, chunk: &ChunkRef) {
        match self.last.filter(|last| (last.device, last.volume) == (chunk.device, chunk.volume)) {
            Some(last) => {
                out.push(NEAR);
                put_varint(out, zigzag(blocks(chunk) as i64 - blocks(&last) as i64));
                put_varint(out, zigzag(i64::from(chunk.length) - i64::from(last.length)));
            }
            None => {
                out.push(FAR);
                put_varint(out, u64::from(chunk.device));
                put_varint(out, u64::from(chunk.volume));
                put_varint(out, blocks(chunk));
                put_varint(out, u64::from(chunk.length));
            }
        }
    }

    /// How many chunks a token stands for, and the first of them.
    fn decode(&self, rest: &mut &[u8]) -> Result<(u64, ChunkRef), Malformed> {
        let Some((tag, behind)) = rest.split_first() else { return Err(Malformed("cut short")) };
        *rest = behind;
        match *tag {
            SAME => {
                let first = self.predicted().ok_or(Malformed("a run without a beginning"))?;
                Ok((take_varint(rest)?, first))
            }
            NEAR => {
                let last = self.last.ok_or(Malformed("nothing to be near to"))?;
                let blocks = (blocks(&last) as i64).checked_add(unzigzag(take_varint(rest)?));
                let length = i64::from(last.length).checked_add(unzigzag(take_varint(rest)?));
                let offset = blocks.and_then(|blocks| u64::try_from(blocks).ok());
                let length = length.and_then(|length| u32::try_from(length).ok());
                Ok((1, ChunkRef { offset: place(offset)?, length: number(length)?, ..last }))
            }
            FAR => Ok((
                1,
                ChunkRef {
                    device: number(u16::try_from(take_varint(rest)?).ok())?,
                    volume: number(u32::try_from(take_varint(rest)?).ok())?,
                    offset: place(Some(take_varint(rest)?))?,
                    length: number(u32::try_from(take_varint(rest)?).ok())?,
                },
            )),
            _ => Err(Malformed("unknown token")),
        }
    }
}

fn flush_same(out: &mut Vec<u8>, same: &mut u64) {
    if *same > 0 {
        out.push(SAME);
        put_varint(out, std::mem::take(same));
    }
}

const fn blocks(chunk: &ChunkRef) -> u64 {
    chunk.offset / BLOCK_BYTES
}

fn place(blocks: Option<u64>) -> Result<u64, Malformed> {
    blocks.and_then(|blocks| blocks.checked_mul(BLOCK_BYTES)).ok_or(Malformed("a place out of bounds"))
}

fn number<T>(number: Option<T>) -> Result<T, Malformed> {
    number.ok_or(Malformed("a number out of bounds"))
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Seven bits a byte, lowest first; the top bit says that more follow.
fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let Some((byte, behind)) = rest.split_first() else { return Err(Malformed("cut short")) };
        *rest = behind;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(Malformed("a number out of bounds"));
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed("a number out of bounds"))
}

/// See `Manifest::slice`.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    chunks: std::slice::Iter<'a, ChunkRef>,
    at: u64,
    range: Range<u64>,
}

impl Iterator for Slice<'_> {
    type Item = (ChunkRef, Range<u32>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.range.end {
            let chunk = *self.chunks.next()?;
            let start = self.at;
            self.at += u64::from(chunk.length);
            let first = self.range.start.max(start);
            let end = self.range.end.min(self.at);
            if first < end {
                // Both lie within the chunk, whose length has 32 bits.
                return Some((chunk, (first - start) as u32..(end - start) as u32));
            }
        }
        None
    }
}
