//! Walks over whole trees, past the cache: to prove every byte, and to learn which pages are in use.

use super::node::{Cell, Node};
use super::pages::{Pages, Tree, child_piece};
use super::piece::Piece;
use crate::Fault;
use crate::engine::index::Verified;

/// Proves the nodes and values from `start` on until about `bytes_max` are read.
pub fn verify(tree: &Tree, start: &[u8], bytes_max: u64) -> Result<Verified, Fault> {
    let mut done = Verified::default();
    walk(tree, start, &mut |node, level| {
        done.bytes += u64::from(node.piece().bytes);
        if level > 0 {
            return Ok(true);
        }
        let (Ok(first) | Err(first)) = node.find(start);
        for at in first..node.len() {
            if let Cell::Piece(piece) = node.cell(at) {
                piece.read(&*tree.pages.file)?;
                done.bytes += u64::from(piece.bytes);
            }
            done.rows += 1;
            if done.bytes >= bytes_max {
                // Right behind this key.
                done.next = Some([node.prefix(), node.suffix(at), &[0]].concat());
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    Ok(done)
}

/// All pieces that the tree refers to.
pub fn pieces(tree: &Tree) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    walk(tree, &[], &mut |node, level| {
        pieces.push(node.piece());
        if level == 0 {
            pieces.extend((0..node.len()).filter_map(|at| match node.cell(at) {
                Cell::Piece(piece) => Some(piece),
                Cell::Inline(_) => None,
            }));
        }
        Ok(true)
    })?;
    Ok(pieces)
}

/// Told of a node and its level; false ends the walk.
type Visit<'a> = &'a mut dyn FnMut(&Node, u8) -> Result<bool, Fault>;

fn walk(tree: &Tree, start: &[u8], visit: Visit<'_>) -> Result<(), Fault> {
    match tree.meta.height.checked_sub(1) {
        Some(level) => {
            Walk { pages: &tree.pages, start, visit }.below(tree.meta.root, level, &[], None).map(|_| ())
        }
        None => Ok(()),
    }
}

struct Walk<'a> {
    pages: &'a Pages,
    start: &'a [u8],
    visit: Visit<'a>,
}

impl Walk<'_> {
    /// What is below a piece that has the keys of `lower..upper`: one that is not among them would never be found.
    fn below(&mut self, piece: Piece, level: u8, lower: &[u8], upper: Option<&[u8]>) -> Result<bool, Fault> {
        let node = self.pages.node_from_device(piece, level)?;
        if !node.is_ordered_within(lower, upper) {
            return Err(piece.corrupt("keys out of order, or not among those of what points to it"));
        }
        if !(self.visit)(&node, level)? {
            return Ok(false);
        }
        let Some(level) = level.checked_sub(1) else { return Ok(true) };
        for at in node.child_of(self.start)..node.len() {
            let key = |at| [node.prefix(), node.suffix(at)].concat();
            let (first, next) = (key(at), (at + 1 < node.len()).then(|| key(at + 1)));
            let lower = if at == 0 { lower } else { &first };
            if !self.below(child_piece(&node, at)?, level, lower, next.as_deref().or(upper))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
