//! Takes old backups off the shelf, and the packs that none of the others needs.

use std::collections::HashSet;

use crate::codec::Name;
use crate::fault::Fault;
use crate::index::{self, Index};
use crate::pack::Table;
use crate::packer::INDEXED_TOGETHER;
use crate::shelf::{self, INDEX, Kept, PACKS, Shelf, backups};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub kept: usize,
    pub backups: usize,
    pub packs: usize,
    pub bytes: u64,
}

/// Keeps the latest `keep`. May die at any point: what is left is whole, and the next one goes on.
pub async fn prune(shelf: &dyn Shelf, keep: usize) -> Result<Pruned, Fault> {
    shelf::open(shelf, false).await?;
    shelf.lock().await?;
    let pruned = alone(shelf, keep).await;
    let unlocked = shelf.unlock().await;
    let pruned = pruned?;
    unlocked.map(|()| pruned)
}

async fn alone(shelf: &dyn Shelf, keep: usize) -> Result<Pruned, Fault> {
    let Kept { backups: all, damaged } = backups(shelf).await?;
    if let Some(damaged) = damaged.names.first() {
        let unknown = "so what it needs is not known; delete its file below backups/ to go on without it";
        return Err(Fault::Refused(format!("{damaged}, {unknown}")));
    }
    let index = Index::load(shelf).await?;
    let (old, kept) = all.split_at(all.len().saturating_sub(keep.max(1)));
    let mut pruned = Pruned { kept: kept.len(), backups: old.len(), ..Pruned::default() };
    // First what names, then what is named.
    for backup in old {
        shelf.delete(&shelf::file(backup)).await?;
    }
    let needed: HashSet<Name> = kept.iter().flat_map(|backup| backup.packs.iter().copied()).collect();
    let tables: Vec<Table> =
        index.tables().iter().filter(|table| needed.contains(&table.pack)).cloned().collect();
    let mut fresh = HashSet::new();
    for tables in tables.chunks(INDEXED_TOGETHER) {
        fresh.insert(index::write(shelf, tables).await?);
    }
    for (name, _) in shelf.list(INDEX).await? {
        if !fresh.contains(&name) {
            shelf.delete(&name).await?;
        }
    }
    let needed: HashSet<String> = needed.iter().map(index::file).collect();
    for (name, bytes) in shelf.list(PACKS).await? {
        if !needed.contains(&name) {
            shelf.delete(&name).await?;
            pruned.packs += 1;
            pruned.bytes += bytes;
        }
    }
    Ok(pruned)
}
