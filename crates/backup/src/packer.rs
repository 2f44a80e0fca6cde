//! Gathers pieces into packs and puts these on the shelf, a few at the same time.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;
use world::thread::spawn_blocking;

use crate::codec::Name;
use crate::fault::Fault;
use crate::index::{self, Index};
use crate::pack::{PACK_BYTES, Piece, Table, build};
use crate::shelf::Shelf;

/// Packs on their way: they bound memory, and hide the shelf's delay.
const UNDER_WAY_MAX: usize = 3;
/// So many packs are indexed together; what a run that died left without an index is read by the next one.
pub(crate) const INDEXED_TOGETHER: usize = 256;

pub(crate) struct Packer {
    shelf: Arc<dyn Shelf>,
    index: Index,
    /// Pieces that are not on the shelf yet.
    coming: HashSet<Name>,
    filling: Vec<Piece>,
    filling_bytes: usize,
    under_way: JoinSet<Result<Table, Fault>>,
    fresh: Vec<Table>,
    /// Packs that this backup needs.
    used: HashSet<Name>,
    fresh_bytes: u64,
    failed: bool,
}

impl Packer {
    pub fn new(shelf: Arc<dyn Shelf>, index: Index) -> Self {
        Self {
            shelf,
            index,
            coming: HashSet::new(),
            filling: Vec::new(),
            filling_bytes: 0,
            under_way: JoinSet::new(),
            fresh: Vec::new(),
            used: HashSet::new(),
            fresh_bytes: 0,
            failed: false,
        }
    }

    /// Whether a piece is there or coming. Its packs then belong to this backup: which of them is whole is not known.
    pub fn has(&mut self, piece: &Name) -> bool {
        if self.coming.contains(piece) {
            return true;
        }
        let mut is_there = false;
        for (table, _) in self.index.find(piece) {
            is_there = true;
            self.used.insert(table.pack);
        }
        is_there
    }

    /// `sum`: the SHA-256 of its bytes, which whoever had them computed.
    pub async fn add(&mut self, piece: Name, sum: Name, bytes: Bytes) -> Result<(), Fault> {
        if self.has(&piece) {
            return Ok(());
        }
        if self.filling_bytes + bytes.len() > PACK_BYTES && !self.filling.is_empty() {
            self.send().await?;
        }
        self.coming.insert(piece);
        self.filling_bytes += bytes.len();
        self.filling.push(Piece { name: piece, sum, bytes });
        Ok(())
    }

    /// Everything is on the shelf and indexed: the packs that the backup needs, and how many bytes are new.
    pub async fn finish(mut self) -> Result<(Vec<Name>, u64), Fault> {
        self.send().await?;
        while !self.under_way.is_empty() {
            self.settle().await?;
        }
        self.write_index().await?;
        let mut packs: Vec<Name> = self.used.into_iter().collect();
        packs.sort_unstable();
        Ok((packs, self.fresh_bytes))
    }

    async fn send(&mut self) -> Result<(), Fault> {
        while self.under_way.len() >= UNDER_WAY_MAX {
            self.settle().await?;
        }
        if self.failed {
            return Err(Fault::Refused("an earlier pack could not be written".to_owned()));
        }
        if self.filling.is_empty() {
            return Ok(());
        }
        let (pieces, shelf) = (mem::take(&mut self.filling), self.shelf.clone());
        self.filling_bytes = 0;
        self.under_way.spawn(async move {
            let (file, table) = spawn_blocking(move || build(pieces)).await.map_err(Fault::gone)?;
            shelf.put(&index::file(&table.pack), file).await?;
            Ok(table)
        });
        Ok(())
    }

    /// Waits for a pack. One that failed takes its pieces along, so nothing may follow it.
    async fn settle(&mut self) -> Result<(), Fault> {
        let Some(landed) = self.under_way.join_next().await else { return Ok(()) };
        let landed = landed.map_err(Fault::gone).and_then(|table| table);
        self.failed |= landed.is_err();
        let table = landed?;
        for entry in &table.entries {
            self.coming.remove(&entry.name);
            self.fresh_bytes += u64::from(entry.length);
        }
        self.used.insert(table.pack);
        self.fresh.push(table.clone());
        self.index.add(table);
        if self.fresh.len() == INDEXED_TOGETHER { self.write_index().await } else { Ok(()) }
    }

    async fn write_index(&mut self) -> Result<(), Fault> {
        if !self.fresh.is_empty() {
            index::write(&*self.shelf, &self.fresh).await?;
            self.fresh.clear();
        }
        Ok(())
    }
}
