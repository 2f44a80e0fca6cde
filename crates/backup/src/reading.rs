//! Reads pieces back, each proven. What lies together is read together: bodies follow one another in packs as their rows do.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::codec::{Fields, Name, hex};
use crate::fault::Fault;
use crate::index::{self, Index};
use crate::shelf::Shelf;

/// Packs kept at hand: those of as many backups can be read beside one another.
const PACKS_KEPT: usize = 8;

pub(crate) struct Reading {
    shelf: Arc<dyn Shelf>,
    index: Index,
    /// The last used is the last.
    kept: VecDeque<(Name, Bytes)>,
}

impl Reading {
    pub fn new(shelf: Arc<dyn Shelf>, index: Index) -> Self {
        Self { shelf, index, kept: VecDeque::new() }
    }

    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// `Damaged` when it is not there, or not what was put there.
    pub async fn piece(&mut self, name: &Name) -> Result<Bytes, Fault> {
        let Some((table, entry)) = self.index.find(name) else {
            return Err(Fault::damaged(format!("piece {}", hex(name)), "no pack holds it"));
        };
        let (pack, start, end) = (table.pack, entry.offset as usize, (entry.offset + entry.length) as usize);
        let sum = entry.sum;
        let file = self.pack(pack).await?;
        let piece = if end <= file.len() { file.slice(start..end) } else { Bytes::new() };
        if digest::sha256(&piece) != sum {
            return Err(Fault::damaged(index::file(&pack), "a piece in it is not what was written"));
        }
        Ok(piece)
    }

    async fn pack(&mut self, pack: Name) -> Result<Bytes, Fault> {
        if let Some(at) = self.kept.iter().position(|(kept, _)| *kept == pack)
            && let Some(found) = self.kept.remove(at)
        {
            self.kept.push_back(found.clone());
            return Ok(found.1);
        }
        let place = index::file(&pack);
        let read = self.shelf.get(&place).await?;
        let file = read.ok_or_else(|| Fault::damaged(&place, "it is gone"))?;
        if self.kept.len() == PACKS_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((pack, file.clone()));
        Ok(file)
    }
}

/// The rows of a piece.
pub(crate) fn rows_in(piece: Bytes) -> Result<Vec<(Bytes, Bytes)>, Fault> {
    let mut fields = Fields::new("a piece of rows", piece);
    let mut rows = Vec::new();
    while !fields.is_empty() {
        rows.push((fields.bytes()?, fields.bytes()?));
    }
    Ok(rows)
}
