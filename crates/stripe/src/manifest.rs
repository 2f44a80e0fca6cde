//! A body's chunks in order.

mod encoding;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::chunk::Chunk;

pub use encoding::Malformed;

/// More than the largest part of an upload has even in the shortest chunks that memory pressure makes.
pub const CHUNKS_MAX: usize = 1 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest(Vec<Chunk>);

impl Manifest {
    pub const fn new(chunks: Vec<Chunk>) -> Self {
        Self(chunks)
    }

    pub fn chunks(&self) -> &[Chunk] {
        &self.0
    }

    pub fn chunks_mut(&mut self) -> &mut [Chunk] {
        &mut self.0
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
        encoding::encode(&self.0)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        encoding::decode(bytes).map(Self)
    }
}

impl FromIterator<Chunk> for Manifest {
    fn from_iter<I: IntoIterator<Item = Chunk>>(chunks: I) -> Self {
        Self(chunks.into_iter().collect())
    }
}

/// See `Manifest::slice`.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    chunks: std::slice::Iter<'a, Chunk>,
    at: u64,
    range: Range<u64>,
}

impl<'a> Iterator for Slice<'a> {
    type Item = (&'a Chunk, Range<u32>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.range.end {
            let chunk = self.chunks.next()?;
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
