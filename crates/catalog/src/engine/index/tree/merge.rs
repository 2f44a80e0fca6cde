//! Sorted rows merged into the tree: each node that they touch is read once, and what it becomes is written once.

use super::node::{Cell, Node};
use super::pack::Entries;
use super::pages::child_piece;
use super::piece::Piece;
use super::txn::Txn;
use crate::Fault;
use crate::engine::index::IndexWrite;

/// A tree: the level of its root, and the root.
pub type Root = Option<(u8, Piece)>;

impl Txn<'_> {
    /// The tree with these rows, which are strictly in order.
    pub fn merge(&mut self, root: Root, rows: &[IndexWrite<'_>]) -> Result<Root, Fault> {
        let (mut level, mut nodes) = match root {
            Some((level, piece)) => {
                let mut nodes = Entries::default();
                nodes.push(&[], Cell::Piece(piece));
                (level, self.rewrite(level, &nodes, rows)?)
            }
            None => {
                let mut leaf = Pending::new(0);
                self.put_all(rows, &mut leaf)?;
                let mut nodes = Entries::default();
                leaf.flush(self, &mut nodes)?;
                (0, nodes)
            }
        };
        while nodes.len() > 1 {
            level += 1;
            let mut above = Pending::new(level);
            above.entries = nodes;
            nodes = Entries::default();
            above.flush(self, &mut nodes)?;
        }
        if nodes.len() == 0 {
            return Ok(None);
        }
        self.lowered(level, nodes.child(0)?).map(Some)
    }

    /// A branch of one child is no root.
    fn lowered(&mut self, mut level: u8, mut root: Piece) -> Result<(u8, Piece), Fault> {
        self.write_out()?;
        while level > 0 {
            let node = self.pages.node_once(root, level)?;
            if node.len() > 1 {
                break;
            }
            self.free(root)?;
            (level, root) = (level - 1, child_piece(&node, 0)?);
        }
        Ok((level, root))
    }

    /// The children of one branch, all of `level`, as the rows make them. What begins first with them still does
    /// after: whichever of them is left to be the first has what is before it too.
    fn rewrite(&mut self, level: u8, children: &Entries, rows: &[IndexWrite<'_>]) -> Result<Entries, Fault> {
        let mut new = Entries::default();
        let mut pending = Pending::new(level);
        let mut rest = rows;
        for at in 0..children.len() {
            let mine;
            (mine, rest) = match at + 1 < children.len() {
                true => rest.split_at(count_before(rest, children.key(at + 1))),
                false => (rest, &[][..]),
            };
            let is_first = new.len() == 0 && pending.entries.len() == 0;
            let key = children.key(if is_first { 0 } else { at });
            if mine.is_empty() && !pending.entries.are_few() {
                pending.flush(self, &mut new)?;
                new.push(key, children.cell(at));
            } else {
                self.feed(key, children.child(at)?, mine, &mut pending)?;
            }
        }
        // The last of them has no next to join; the one before is as it was, or nothing would be pending.
        if pending.entries.are_few()
            && let Some((key, Cell::Piece(before))) = new.pop()
        {
            let mut joined = Pending::new(level);
            self.feed(&key, before, &[], &mut joined)?;
            joined.entries.extend(&pending.entries);
            pending = joined;
        }
        pending.flush(self, &mut new)?;
        Ok(new)
    }

    /// Adds what becomes of one node to what is pending.
    fn feed(
        &mut self,
        key: &[u8],
        piece: Piece,
        rows: &[IndexWrite<'_>],
        pending: &mut Pending,
    ) -> Result<(), Fault> {
        let level = pending.level;
        let node = self.pages.node_once(piece, level)?;
        self.free(piece)?;
        if pending.entries.len() == 0 {
            pending.lower = key.to_vec();
        }
        if level == 0 {
            return self.merge_leaf(&node, rows, pending);
        }
        let children = Entries::of_branch(&node, key);
        let children = if rows.is_empty() { children } else { self.rewrite(level - 1, &children, rows)? };
        pending.entries.extend(&children);
        Ok(())
    }

    fn merge_leaf(
        &mut self,
        node: &Node,
        rows: &[IndexWrite<'_>],
        pending: &mut Pending,
    ) -> Result<(), Fault> {
        let mut old = 0;
        for row in rows {
            let found = node.find(row.0);
            let (Ok(place) | Err(place)) = found;
            (old..place).for_each(|at| pending.entries.push_from(node, at));
            old = place;
            if found.is_ok() {
                if let Cell::Piece(piece) = node.cell(place) {
                    self.free(piece)?;
                }
                self.rows = self.rows.saturating_sub(1);
                old += 1;
            }
            self.put_all(std::slice::from_ref(row), pending)?;
        }
        pending.appending = old == node.len() && rows.last().is_some_and(|row| row.1.is_some());
        (old..node.len()).for_each(|at| pending.entries.push_from(node, at));
        Ok(())
    }

    /// Appends the rows that have values.
    fn put_all(&mut self, rows: &[IndexWrite<'_>], pending: &mut Pending) -> Result<(), Fault> {
        for (key, value) in rows {
            if let Some(value) = value {
                let cell = self.land(value)?;
                pending.entries.push(key, cell);
                self.rows = self.rows.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// Entries of one level that are not yet nodes.
struct Pending {
    level: u8,
    entries: Entries,
    /// The key that parts the first of them from what is before.
    lower: Vec<u8>,
    appending: bool,
}

impl Pending {
    fn new(level: u8) -> Self {
        Self { level, entries: Entries::default(), lower: Vec::new(), appending: false }
    }

    /// Makes nodes of all and adds them to `nodes`.
    fn flush(&mut self, txn: &mut Txn<'_>, nodes: &mut Entries) -> Result<(), Fault> {
        let entries = std::mem::take(&mut self.entries);
        if !entries.are_sorted() {
            return Err(Fault::corrupt("index", "the keys of neighbouring nodes are out of order"));
        }
        let mut from = 0;
        while from < entries.len() {
            let to = entries.cut(from, self.appending);
            let piece = txn.write_node(self.level, &entries, from..to)?;
            let key = match (from, self.level) {
                (0, _) => &self.lower,
                (_, 0) => entries.parting(from),
                _ => entries.key(from),
            };
            nodes.push(key, Cell::Piece(piece));
            from = to;
        }
        Ok(())
    }
}

/// How many rows stand before the key: found in steps that double, since they are few and near.
fn count_before(rows: &[IndexWrite<'_>], key: &[u8]) -> usize {
    let mut bound = 1;
    while bound <= rows.len() && rows[bound - 1].0 < key {
        bound *= 2;
    }
    let (from, to) = (bound / 2, rows.len().min(bound));
    from + rows[from..to].partition_point(|row| row.0 < key)
}
