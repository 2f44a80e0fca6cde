//! A fuzzer's bytes, read as choices. Behind the end everything reads as zero, so that any length is an input.

use std::fmt::Debug;

pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Up to so many bytes.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    pub fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// A number at whose neighbours arithmetic tends to break, or any.
    pub fn edge(&mut self) -> u64 {
        match self.u8() {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => u64::MAX - 1,
            4 => i64::MAX as u64,
            5 => u64::from(u32::MAX),
            6 => 4096,
            7 => u64::MAX - 4095,
            8 => u64::from(self.u8()),
            9 => u64::from(self.u16()) * 4096,
            _ => self.u64(),
        }
    }
}

/// Up to so many bytes come one by one too; more would only be slow.
const SINGLY_MAX: usize = 512;

/// The same bytes whole, one by one (or in sevens), and in pieces of up to sixteen as `seed` has it.
pub(crate) fn splits(bytes: &[u8], seed: u64) -> [Vec<&[u8]>; 3] {
    let (mut pieces, mut rest, mut state) = (Vec::new(), bytes, seed | 1);
    while !rest.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (piece, behind) = rest.split_at((1 + (state >> 60) as usize).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    let few = if bytes.len() <= SINGLY_MAX { 1 } else { 7 };
    [vec![bytes], bytes.chunks(few).collect(), pieces]
}

/// What the target itself set up cannot fail: if it does, the target is wrong.
pub(crate) fn sure<T, E: Debug>(outcome: Result<T, E>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => unreachable!("what this target set up failed: {error:?}"),
    }
}
