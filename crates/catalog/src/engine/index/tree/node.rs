//! A node of the tree as it lies in the file: sorted entries behind a table that is searched without touching them.
//!
//! Leaf and branch share one form. A leaf's entry is a row, its value inline or a piece; a branch's is a child
//! and a key that parts it from the one before. What all keys of a node begin with is stored once. A node is checked
//! once, when it is read, so that all that follows may trust its offsets.

use std::cmp::Ordering;
use std::sync::Arc;

use world::AlignedBytes;

use super::piece::{PAGE_BYTES, Piece};
use crate::VALUE_BYTES_MAX;

/// The largest node. One page: random updates copy a node for a row, and a reader a hash of it.
pub const NODE_BYTES_MAX: usize = PAGE_BYTES;
pub const HEADER_BYTES: usize = 8;
/// Head (four bytes), offset, and the lengths of suffix and value (two each).
pub const ENTRY_BYTES: usize = 10;
const HEAD_BYTES: usize = 4;
/// The length of a value that lies elsewhere: its piece stands in its place.
const ELSEWHERE: u16 = u16::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    Inline(&'a [u8]),
    Piece(Piece),
}

impl Cell<'_> {
    pub const fn stored_bytes(&self) -> usize {
        match self {
            Cell::Inline(value) => value.len(),
            Cell::Piece(_) => Piece::ENCODED_BYTES,
        }
    }
}

/// A handle of many on the bytes; its clones share them. Counts are read from the bytes themselves, which a search has to
/// touch anyway: each cache line counts.
#[derive(Clone, Debug)]
pub struct Node {
    piece: Piece,
    bytes: Arc<[u8]>,
}

/// Where a key stands or would stand.
pub type Found = Result<usize, usize>;

impl Node {
    /// The node of these proven bytes; `None` unless it is a whole one of this level.
    pub fn decode(piece: Piece, bytes: &[u8], level: u8) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER_BYTES>()?;
        let found = header[0];
        let node = Self { piece, bytes: bytes.into() };
        (found == level && node.len() > 0 && node.is_whole(level)).then_some(node)
    }

    fn is_whole(&self, level: u8) -> bool {
        let entries = self.prefix_start() + self.prefix_bytes();
        if entries > self.bytes.len() {
            return false;
        }
        (0..self.len()).all(|at| {
            let offset = self.offset(at);
            let Some((lengths, rest)) = self.bytes.get(offset..).and_then(<[u8]>::split_first_chunk::<4>)
            else {
                return false;
            };
            let [k0, k1, v0, v1] = *lengths;
            let (key, value) = (u16::from_le_bytes([k0, k1]), u16::from_le_bytes([v0, v1]));
            let stored = if value == ELSEWHERE { Piece::ENCODED_BYTES } else { usize::from(value) };
            if offset < entries || usize::from(key) + stored > rest.len() {
                return false;
            }
            match self.cell(at) {
                Cell::Inline(_) => level == 0,
                Cell::Piece(piece) => {
                    let most = if level == 0 { VALUE_BYTES_MAX } else { NODE_BYTES_MAX };
                    (1..=most).contains(&(piece.bytes as usize))
                }
            }
        })
    }

    pub const fn piece(&self) -> Piece {
        self.piece
    }

    pub fn len(&self) -> usize {
        self.word(2)
    }

    fn prefix_bytes(&self) -> usize {
        self.word(4)
    }

    pub fn prefix(&self) -> &[u8] {
        &self.bytes[self.prefix_start()..][..self.prefix_bytes()]
    }

    /// A key without the node's prefix.
    pub fn suffix(&self, at: usize) -> &[u8] {
        let offset = self.offset(at);
        &self.bytes[offset + 4..][..self.word(offset)]
    }

    pub fn cell(&self, at: usize) -> Cell<'_> {
        let offset = self.offset(at);
        let (key, value) = (self.word(offset), self.word(offset + 2));
        let rest = &self.bytes[offset + 4 + key..];
        match rest.first_chunk() {
            Some(piece) if value == usize::from(ELSEWHERE) => Cell::Piece(Piece::decode(*piece)),
            _ => Cell::Inline(&rest[..value]),
        }
    }

    /// The entry with this key, or the first one behind it.
    pub fn find(&self, key: &[u8]) -> Found {
        let prefix = self.prefix();
        let shared = key.len().min(prefix.len());
        match key[..shared].cmp(prefix) {
            Ordering::Less => return Err(0),
            Ordering::Greater => return Err(self.len()),
            Ordering::Equal => {}
        }
        let suffix = &key[shared..];
        let head = head(suffix);
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            match self.head(middle).cmp(&head).then_with(|| self.suffix(middle).cmp(suffix)) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(middle),
            }
        }
        Err(low)
    }

    /// Of a branch: the child that holds the key if any does.
    pub fn child_of(&self, key: &[u8]) -> usize {
        self.find(key).unwrap_or_else(|behind| behind.saturating_sub(1))
    }

    /// Whether its keys are in order and all in `lower..upper`.
    pub fn is_ordered_within(&self, lower: &[u8], upper: Option<&[u8]>) -> bool {
        (1..self.len()).all(|at| self.suffix(at - 1) < self.suffix(at))
            && matches!(self.find(lower), Ok(0) | Err(0))
            && upper.is_none_or(|upper| self.find(upper) == Err(self.len()))
    }

    /// Whether a key that was found so belongs here or below, whatever stands around. Where the last entry ends is unknown
    /// here.
    pub fn surely_holds(&self, found: Found) -> bool {
        match found {
            Ok(at) => at + 1 < self.len(),
            Err(behind) => behind > 0 && behind < self.len(),
        }
    }

    fn prefix_start(&self) -> usize {
        HEADER_BYTES + self.len() * (HEAD_BYTES + 2)
    }

    fn head(&self, at: usize) -> u32 {
        let start = HEADER_BYTES + at * HEAD_BYTES;
        self.bytes[start..].first_chunk().map_or(0, |head| u32::from_be_bytes(*head))
    }

    fn offset(&self, at: usize) -> usize {
        self.word(HEADER_BYTES + self.len() * HEAD_BYTES + at * 2)
    }

    fn word(&self, start: usize) -> usize {
        self.bytes[start..].first_chunk().map_or(0, |word| usize::from(u16::from_le_bytes(*word)))
    }
}

/// The first bytes of a suffix as a number of the same order.
fn head(suffix: &[u8]) -> u32 {
    if let Some(head) = suffix.first_chunk() {
        return u32::from_be_bytes(*head);
    }
    let mut head = [0; HEAD_BYTES];
    head[..suffix.len()].copy_from_slice(suffix);
    u32::from_be_bytes(head)
}

/// Appends a node to `out`: the entries in order, all of whose keys begin with the first `prefix_bytes` of the first.
pub fn encode<'a>(
    out: &mut AlignedBytes,
    level: u8,
    prefix_bytes: usize,
    entries: impl ExactSizeIterator<Item = (&'a [u8], Cell<'a>)> + Clone,
) {
    let start = out.len();
    let count = entries.len();
    out.extend_from_slice(&[level, 0]);
    out.extend_from_slice(&(count as u16).to_le_bytes());
    out.extend_from_slice(&(prefix_bytes as u16).to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    for (key, _) in entries.clone() {
        out.extend_from_slice(&head(&key[prefix_bytes..]).to_be_bytes());
    }
    let mut offset = HEADER_BYTES + count * (HEAD_BYTES + 2) + prefix_bytes;
    for (key, cell) in entries.clone() {
        out.extend_from_slice(&(offset as u16).to_le_bytes());
        offset += 4 + key.len() - prefix_bytes + cell.stored_bytes();
    }
    if let Some((key, _)) = entries.clone().next() {
        out.extend_from_slice(&key[..prefix_bytes]);
    }
    for (key, cell) in entries {
        let suffix = &key[prefix_bytes..];
        out.extend_from_slice(&(suffix.len() as u16).to_le_bytes());
        match cell {
            Cell::Inline(value) => {
                out.extend_from_slice(&(value.len() as u16).to_le_bytes());
                out.extend_from_slice(suffix);
                out.extend_from_slice(value);
            }
            Cell::Piece(piece) => {
                out.extend_from_slice(&ELSEWHERE.to_le_bytes());
                out.extend_from_slice(suffix);
                out.extend_from_slice(&piece.encode());
            }
        }
    }
    assert_eq!(out.len() - start, offset, "a node is as long as its table says");
}
