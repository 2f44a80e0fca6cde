//! Sorted entries on their way into nodes: where to cut, and what parts the nodes.

use super::node::{Cell, ENTRY_BYTES, HEADER_BYTES, NODE_BYTES_MAX, Node};
use super::piece::Piece;
use crate::Fault;

/// A changed node that is smaller than this joins its neighbour.
const NODE_BYTES_MIN: usize = NODE_BYTES_MAX / 3;

/// Entries in memory of their own.
#[derive(Default)]
pub struct Entries {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Where its key begins; an inline value stands behind it.
    start: usize,
    key_bytes: u16,
    value: Value,
    /// What it and all before it take in nodes without prefixes.
    weight: usize,
}

#[derive(Clone, Copy)]
enum Value {
    Inline(u16),
    Piece(Piece),
}

impl Entries {
    /// Of a branch that begins with `lower`, as what points to it has it. Its own first key may be greater where
    /// children before were emptied, and once it is not the first any more, rows in between would be looked for before it.
    pub fn of_branch(node: &Node, lower: &[u8]) -> Self {
        let mut entries = Self::default();
        entries.push(lower, node.cell(0));
        (1..node.len()).for_each(|at| entries.push_from(node, at));
        entries
    }

    pub fn push(&mut self, key: &[u8], cell: Cell<'_>) {
        self.push_parts(&[], key, cell);
    }

    pub fn push_from(&mut self, node: &Node, at: usize) {
        self.push_parts(node.prefix(), node.suffix(at), node.cell(at));
    }

    fn push_parts(&mut self, prefix: &[u8], suffix: &[u8], cell: Cell<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(prefix);
        self.bytes.extend_from_slice(suffix);
        let key_bytes = prefix.len() + suffix.len();
        let value = match cell {
            Cell::Inline(value) => {
                self.bytes.extend_from_slice(value);
                Value::Inline(value.len() as u16)
            }
            Cell::Piece(piece) => Value::Piece(piece),
        };
        let weight = self.weight(self.entries.len()) + ENTRY_BYTES + key_bytes + cell.stored_bytes();
        self.entries.push(Entry { start, key_bytes: key_bytes as u16, value, weight });
    }

    pub fn extend(&mut self, other: &Self) {
        (0..other.len()).for_each(|at| self.push(other.key(at), other.cell(at)));
    }

    pub fn pop(&mut self) -> Option<(Vec<u8>, Cell<'_>)> {
        let last = self.len().checked_sub(1)?;
        let key = self.key(last).to_vec();
        self.entries.pop().map(|entry| (key, Self::cell_of(&self.bytes, entry)))
    }

    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn key(&self, at: usize) -> &[u8] {
        let entry = self.entries[at];
        &self.bytes[entry.start..][..usize::from(entry.key_bytes)]
    }

    pub fn cell(&self, at: usize) -> Cell<'_> {
        Self::cell_of(&self.bytes, self.entries[at])
    }

    /// Of a branch's entry.
    pub fn child(&self, at: usize) -> Result<Piece, Fault> {
        match self.entries[at].value {
            Value::Piece(piece) => Ok(piece),
            Value::Inline(_) => Err(Fault::corrupt("index", "a branch without a child")),
        }
    }

    fn cell_of(bytes: &[u8], entry: Entry) -> Cell<'_> {
        match entry.value {
            Value::Inline(value) => {
                let start = entry.start + usize::from(entry.key_bytes);
                Cell::Inline(&bytes[start..][..usize::from(value)])
            }
            Value::Piece(piece) => Cell::Piece(piece),
        }
    }

    /// Of the entries before `end`.
    fn weight(&self, end: usize) -> usize {
        end.checked_sub(1).map_or(0, |last| self.entries[last].weight)
    }

    /// What all keys of `from..to` begin with.
    pub fn prefix_bytes(&self, from: usize, to: usize) -> usize {
        common(self.key(from), self.key(to - 1))
    }

    /// The size of a node of `from..to`.
    fn node_bytes(&self, from: usize, to: usize) -> usize {
        if from == to {
            return 0;
        }
        self.node_bytes_with(from, to, self.prefix_bytes(from, to))
    }

    fn node_bytes_with(&self, from: usize, to: usize, prefix: usize) -> usize {
        HEADER_BYTES + prefix + self.weight(to) - self.weight(from) - (to - from) * prefix
    }

    pub fn are_sorted(&self) -> bool {
        (1..self.len()).all(|at| self.key(at - 1) < self.key(at))
    }

    /// Whether these want to join what comes next rather than be a node.
    pub fn are_few(&self) -> bool {
        self.len() > 0 && self.node_bytes(0, self.len()) < NODE_BYTES_MIN
    }

    /// Where the node that begins at `from` ends: as full as it gets, but what would be left over for the last one is
    /// shared evenly, unless rows keep coming at the end (`appending`).
    pub fn cut(&self, from: usize, appending: bool) -> usize {
        let all = self.len();
        if self.node_bytes(from, all) <= NODE_BYTES_MAX {
            return all;
        }
        let (mut prefix, mut full) = (usize::from(self.entries[from].key_bytes), from + 1);
        while full < all {
            prefix = common(&self.key(from)[..prefix], self.key(full));
            if self.node_bytes_with(from, full + 1, prefix) > NODE_BYTES_MAX {
                break;
            }
            full += 1;
        }
        if appending || self.node_bytes(full, all) >= NODE_BYTES_MAX / 2 {
            return full;
        }
        let half = self.weight(from).midpoint(self.weight(all));
        let even = self.entries.partition_point(|entry| entry.weight < half);
        even.clamp(from + 1, full)
    }

    /// The shortest key that parts the entry from the one before it.
    pub fn parting(&self, at: usize) -> &[u8] {
        let key = self.key(at);
        &key[..(common(self.key(at - 1), key) + 1).min(key.len())]
    }
}

/// How many bytes two keys begin with alike.
fn common(left: &[u8], right: &[u8]) -> usize {
    if right.starts_with(left) {
        return left.len();
    }
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}
