//! One transaction: new nodes and values written to free pages, old ones freed, nothing overwritten.

use world::{AlignedBytes, DiskFile};

use super::node::{self, Cell, Node};
use super::pack::Entries;
use super::pages::Pages;
use super::piece::{PAGE_BYTES, Piece};
use super::space::{PAGES_MAX, Space};
use crate::Fault;

/// A longer value lies outside of its leaf.
pub const INLINE_BYTES_MAX: usize = 1024;
/// Neighbouring pages are written together up to this.
const WRITE_BYTES_MAX: usize = 1 << 20;

pub struct Txn<'a> {
    pub pages: &'a Pages,
    pub space: &'a mut Space,
    pub rows: u64,
    nodes: Appender,
    values: Appender,
    growth_pages: u32,
}

/// Bytes for neighbouring pages, not yet written.
struct Appender {
    page: u32,
    bytes: AlignedBytes,
    /// Else it goes around the page cache.
    is_read_again: bool,
}

impl<'a> Txn<'a> {
    pub fn begin(pages: &'a Pages, space: &'a mut Space, rows: u64, growth_pages: u32) -> Self {
        space.begin();
        // The next transaction reads nodes, to replace them.
        let (nodes, values) = (Appender::new(true), Appender::new(pages.is_read()));
        Self { pages, space, rows, nodes, values, growth_pages }
    }

    /// Puts a value where a leaf can refer to it.
    pub fn land<'v>(&mut self, value: &'v [u8]) -> Result<Cell<'v>, Fault> {
        if value.len() <= INLINE_BYTES_MAX {
            return Ok(Cell::Inline(value));
        }
        let page = self.take(value.len().div_ceil(PAGE_BYTES) as u32)?;
        let values = self.values.at(page, self.pages)?;
        values.extend_from_slice(value);
        self.values.pad();
        Ok(Cell::Piece(Piece::of(page, value)))
    }

    /// A node of the entries in `range`.
    pub fn write_node(
        &mut self,
        level: u8,
        entries: &Entries,
        range: std::ops::Range<usize>,
    ) -> Result<Piece, Fault> {
        let page = self.take(1)?;
        let prefix = entries.prefix_bytes(range.start, range.end);
        let nodes = self.nodes.at(page, self.pages)?;
        let start = nodes.len();
        node::encode(nodes, level, prefix, range.map(|at| (entries.key(at), entries.cell(at))));
        let bytes = &nodes[start..];
        let piece = Piece::of(page, bytes);
        if level > 0
            && let Some(node) = Node::decode(piece, bytes, level)
        {
            self.pages.keep(node);
        }
        self.nodes.pad();
        Ok(piece)
    }

    pub fn free(&mut self, piece: Piece) -> Result<(), Fault> {
        self.space.free(piece)
    }

    /// Hands everything to the file, unsynced.
    pub fn write_out(&mut self) -> Result<(), Fault> {
        self.nodes.flush(self.pages)?;
        self.values.flush(self.pages)
    }

    fn take(&mut self, count: u32) -> Result<u32, Fault> {
        if let Some(page) = self.space.take(count) {
            return Ok(page);
        }
        // Before a region's first pages stand its bitmaps: a run may have to begin behind them.
        let wanted = self.space.pages().saturating_add(self.growth_pages.max(2 * count));
        allocate(&*self.pages.file, self.space, wanted)?;
        self.space.take(count).ok_or(Fault::NoSpace)
    }
}

/// Makes the file so long, with blocks behind every page.
pub fn allocate(file: &dyn DiskFile, space: &mut Space, pages: u32) -> Result<(), Fault> {
    let pages = Space::with_bitmaps(pages);
    if pages > PAGES_MAX {
        return Err(Fault::NoSpace);
    }
    let bytes = u64::from(pages) * PAGE_BYTES as u64;
    file.allocate(bytes).map_err(Fault::io("allocating space for the index"))?;
    space.grow(pages);
    space.note_length();
    Ok(())
}

impl Appender {
    const fn new(is_read_again: bool) -> Self {
        Self { page: 0, bytes: AlignedBytes::new(), is_read_again }
    }

    /// The bytes to which those of `page` are to be appended.
    fn at(&mut self, page: u32, pages: &Pages) -> Result<&mut AlignedBytes, Fault> {
        let end = self.page + (self.bytes.len() / PAGE_BYTES) as u32;
        if page != end || self.bytes.len() >= WRITE_BYTES_MAX {
            self.flush(pages)?;
            self.page = page;
        }
        Ok(&mut self.bytes)
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(PAGE_BYTES), 0);
    }

    fn flush(&mut self, pages: &Pages) -> Result<(), Fault> {
        if !self.bytes.is_empty() {
            let offset = u64::from(self.page) * PAGE_BYTES as u64;
            let written = match self.is_read_again {
                true => pages.file.write_all_at(&self.bytes, offset),
                false => pages.file.write_blocks_at(&self.bytes, offset),
            };
            written.map_err(Fault::io("writing the index"))?;
            self.bytes.clear();
        }
        Ok(())
    }
}
