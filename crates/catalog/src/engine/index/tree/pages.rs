//! The file as readers see it: nodes and values by their pieces, proven, through the cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use world::DiskFile;

use super::cache::Cache;
use super::meta::Meta;
use super::node::{Cell, NODE_BYTES_MAX, Node};
use super::piece::Piece;
use crate::Fault;

pub struct Pages {
    pub file: Arc<dyn DiskFile>,
    cache: Cache,
    is_read: AtomicBool,
}

/// The tree of one transaction. Who holds it keeps its pages from being written over.
pub struct Tree {
    pub pages: Arc<Pages>,
    pub meta: Meta,
    pub root: Option<Node>,
}

impl Pages {
    pub fn new(file: Arc<dyn DiskFile>, cache_bytes: usize) -> Self {
        Self { file, cache: Cache::new(cache_bytes), is_read: AtomicBool::new(true) }
    }

    pub fn expect_reads(&self, expected: bool) {
        self.is_read.store(expected, Ordering::Relaxed);
    }

    /// Whether readers come here, and not only the writer.
    pub fn is_read(&self) -> bool {
        self.is_read.load(Ordering::Relaxed)
    }

    /// For readers: what is read stays in the cache.
    pub fn node(&self, piece: Piece, level: u8) -> Result<Node, Fault> {
        if let Some(node) = self.cache.get(piece) {
            return Ok(node);
        }
        let node = self.node_from_device(piece, level)?;
        self.cache.insert(node.clone());
        Ok(node)
    }

    /// For the writer, which reads leaves to replace them: only branches will be asked for again.
    pub fn node_once(&self, piece: Piece, level: u8) -> Result<Node, Fault> {
        match self.cache.get(piece) {
            Some(node) => Ok(node),
            None => self.node_from_device(piece, level),
        }
    }

    pub fn node_from_device(&self, piece: Piece, level: u8) -> Result<Node, Fault> {
        if piece.bytes as usize > NODE_BYTES_MAX {
            return Err(piece.corrupt("too large for a node"));
        }
        let bytes = piece.read(&*self.file)?;
        Node::decode(piece, &bytes, level).ok_or_else(|| piece.corrupt("not a node of its level"))
    }

    pub fn keep(&self, node: Node) {
        self.cache.insert(node);
    }

    pub fn child(&self, branch: &Node, at: usize, level: u8) -> Result<Node, Fault> {
        self.node(child_piece(branch, at)?, level)
    }

    pub fn value(&self, cell: Cell<'_>) -> Result<Bytes, Fault> {
        match cell {
            Cell::Inline(value) => Ok(Bytes::copy_from_slice(value)),
            Cell::Piece(piece) => piece.read(&*self.file).map(Bytes::from),
        }
    }
}

impl Tree {
    pub fn of(pages: Arc<Pages>, meta: Meta) -> Result<Self, Fault> {
        let root = match meta.height.checked_sub(1) {
            Some(level) => Some(pages.node(meta.root, level)?),
            None => None,
        };
        Ok(Self { pages, meta, root })
    }
}

pub fn child_piece(branch: &Node, at: usize) -> Result<Piece, Fault> {
    match branch.cell(at) {
        Cell::Piece(piece) => Ok(piece),
        Cell::Inline(_) => Err(branch.piece().corrupt("a branch without a child")),
    }
}
