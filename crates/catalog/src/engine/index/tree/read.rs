//! Reading the tree of one transaction: gets, and cursors that hold the path to where they stand.

use std::sync::Arc;

use bytes::Bytes;

use super::node::{Cell, Found, Node};
use super::pages::Tree;
use crate::Fault;
use crate::engine::index::{IndexCursor, IndexRead, IndexRow};

pub struct TreeRead(pub Arc<Tree>);

impl IndexRead for TreeRead {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        let Tree { pages, meta, root } = &*self.0;
        let Some(root) = root else { return Ok(None) };
        let mut below = None;
        for level in (0..meta.height - 1).rev() {
            let node = below.as_ref().unwrap_or(root);
            below = Some(pages.child(node, node.child_of(key), level)?);
        }
        let leaf = below.as_ref().unwrap_or(root);
        leaf.find(key).ok().map(|at| pages.value(leaf.cell(at))).transpose()
    }

    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor + 'a>, Fault> {
        let mut cursor = TreeCursor::new(&self.0);
        cursor.seek(start)?;
        Ok(Box::new(cursor))
    }

    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let mut cursor = TreeCursor::new(&self.0);
        cursor.seek_before(end)?;
        Ok(cursor.key().filter(|key| *key >= start).map(<[u8]>::to_vec))
    }
}

struct TreeCursor<'a> {
    tree: &'a Tree,
    /// From the root to a leaf, each node with the entry that the path goes through; empty when it stands nowhere.
    path: Vec<(Node, usize)>,
    /// The key that it stands on.
    key: Vec<u8>,
    /// The value that it stands on, where that is not in the leaf and was asked for.
    value: Option<Bytes>,
}

impl<'a> TreeCursor<'a> {
    fn new(tree: &'a Tree) -> Self {
        let path = Vec::with_capacity(usize::from(tree.meta.height));
        Self { tree, path, key: Vec::new(), value: None }
    }

    /// Goes down to a leaf from the path's end, or from the root, through the entries that `choose` names: told of a
    /// node, and whether that is the leaf.
    fn descend(&mut self, choose: impl Fn(&Node, bool) -> usize) -> Result<(), Fault> {
        let height = usize::from(self.tree.meta.height);
        if self.path.is_empty()
            && let Some(root) = &self.tree.root
        {
            self.path.push((root.clone(), choose(root, height == 1)));
        }
        while let Some((node, at)) = self.path.last()
            && self.path.len() < height
        {
            let level = self.tree.meta.height - 1 - self.path.len() as u8;
            let child = self.tree.pages.child(node, *at, level)?;
            let at = choose(&child, self.path.len() + 1 == height);
            self.path.push((child, at));
        }
        Ok(())
    }

    /// Leaves what does not surely hold the key; what stays is pointed at it.
    fn ascend(&mut self, key: &[u8]) {
        let height = usize::from(self.tree.meta.height);
        while let Some((node, _)) = self.path.last() {
            let found = node.find(key);
            if node.surely_holds(found) {
                let leaf = self.path.len() == height;
                self.path.last_mut().into_iter().for_each(|(_, at)| *at = chosen(found, leaf));
                return;
            }
            self.path.pop();
        }
    }

    /// Goes to the first entry behind the leaf, or nowhere.
    fn next_leaf(&mut self) -> Result<(), Fault> {
        while let Some((node, at)) = self.path.last_mut() {
            *at += 1;
            if *at < node.len() {
                return self.descend(|_, _| 0);
            }
            self.path.pop();
        }
        Ok(())
    }

    fn seek_before(&mut self, end: &[u8]) -> Result<(), Fault> {
        self.descend(|node, _| node.child_of(end))?;
        let Some((leaf, at)) = self.path.last_mut() else { return Ok(()) };
        let (Ok(place) | Err(place)) = leaf.find(end);
        if place > 0 {
            *at = place - 1;
            self.arrive();
            return Ok(());
        }
        // All of the leaf is behind: the last entry of the leaf before it.
        self.path.pop();
        while let Some((_, at)) = self.path.last_mut() {
            if *at > 0 {
                *at -= 1;
                self.descend(|node, _| node.len() - 1)?;
                break;
            }
            self.path.pop();
        }
        self.arrive();
        Ok(())
    }

    fn arrive(&mut self) {
        self.value = None;
        self.key.clear();
        if let Some((leaf, at)) = self.path.last() {
            self.key.extend_from_slice(leaf.prefix());
            self.key.extend_from_slice(leaf.suffix(*at));
        }
    }
}

impl IndexCursor for TreeCursor<'_> {
    fn key(&self) -> Option<&[u8]> {
        (!self.path.is_empty()).then_some(&self.key)
    }

    fn row(&mut self) -> Result<Option<IndexRow<'_>>, Fault> {
        let Some((leaf, at)) = self.path.last() else { return Ok(None) };
        let value = match leaf.cell(*at) {
            Cell::Inline(value) => value,
            far @ Cell::Piece(_) => match &mut self.value {
                Some(value) => value,
                empty => empty.insert(self.tree.pages.value(far)?),
            },
        };
        Ok(Some((&self.key, value)))
    }

    fn advance(&mut self) -> Result<(), Fault> {
        let Some((leaf, at)) = self.path.last_mut() else { return Ok(()) };
        *at += 1;
        if *at < leaf.len() {
            self.value = None;
            self.key.truncate(leaf.prefix().len());
            self.key.extend_from_slice(leaf.suffix(*at));
            return Ok(());
        }
        self.path.pop();
        self.next_leaf().inspect_err(|_| self.path.clear())?;
        self.arrive();
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.ascend(key);
        self.descend(|node, leaf| chosen(node.find(key), leaf)).inspect_err(|_| self.path.clear())?;
        if self.path.last().is_some_and(|(leaf, at)| *at == leaf.len()) {
            self.path.pop();
            self.next_leaf().inspect_err(|_| self.path.clear())?;
        }
        self.arrive();
        Ok(())
    }
}

/// Of a leaf the first entry that is not before the key, of a branch the child that has it.
fn chosen(found: Found, leaf: bool) -> usize {
    match found {
        Err(behind) if !leaf => behind.saturating_sub(1),
        Ok(at) | Err(at) => at,
    }
}
