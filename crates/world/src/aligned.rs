//! Bytes that begin on a block: what a write around the page cache wants of its memory.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::BLOCK_BYTES;

/// Grows like a vector, and stays aligned.
#[derive(Default)]
pub struct AlignedBytes {
    memory: Vec<u8>,
    /// Where the first block begins in `memory`.
    start: usize,
}

impl AlignedBytes {
    pub const fn new() -> Self {
        Self { memory: Vec::new(), start: 0 }
    }

    pub fn push(&mut self, byte: u8) {
        self.extend_from_slice(&[byte]);
    }

    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.memory.extend_from_slice(bytes);
    }

    pub fn resize(&mut self, len: usize, byte: u8) {
        self.reserve(len.saturating_sub(self.len()));
        self.memory.resize(self.start + len, byte);
    }

    pub fn clear(&mut self) {
        self.memory.truncate(self.start);
    }

    fn reserve(&mut self, more: usize) {
        if self.memory.capacity() - self.memory.len() >= more {
            return;
        }
        let wanted = (self.len() + more).max(2 * self.len());
        let mut memory: Vec<u8> = Vec::with_capacity(wanted + BLOCK_BYTES);
        let start = memory.as_ptr().align_offset(BLOCK_BYTES);
        memory.resize(start, 0);
        memory.extend_from_slice(self);
        *self = Self { memory, start };
    }
}

impl Deref for AlignedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.start..]
    }
}

impl DerefMut for AlignedBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..]
    }
}

impl AsRef<[u8]> for AlignedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<&[u8]> for AlignedBytes {
    fn from(bytes: &[u8]) -> Self {
        let mut aligned = Self::new();
        aligned.extend_from_slice(bytes);
        aligned
    }
}

impl fmt::Debug for AlignedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} aligned bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_what_they_are_and_aligned_however_they_grow() {
        let (mut aligned, mut plain) = (AlignedBytes::new(), Vec::new());
        for round in 0..200_usize {
            let piece: Vec<u8> = (0..round * 37).map(|at| at as u8).collect();
            aligned.extend_from_slice(&piece);
            plain.extend_from_slice(&piece);
            aligned.push(9);
            plain.push(9);
            aligned.resize(plain.len() + round, 3);
            plain.resize(plain.len() + round, 3);
            assert_eq!(&aligned[..], &plain[..]);
            assert_eq!(aligned.as_ptr().align_offset(BLOCK_BYTES), 0);
            if round % 50 == 49 {
                aligned.clear();
                plain.clear();
            }
        }
        assert_eq!(AlignedBytes::from(&plain[..]).len(), plain.len());
    }
}
