//! Proves that everything which backups name is on the shelf, and on request that it is what was put there.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use world::thread::spawn_blocking;

use crate::body::{body_of, shown};
use crate::codec::Name;
use crate::fault::Fault;
use crate::index::{self, Index};
use crate::lacking::Lacking;
use crate::pack::Table;
use crate::reading::{Reading, rows_in};
use crate::shelf::{Kept, Shelf};
use crate::take::Progress;

#[derive(Debug, Default)]
pub struct Verified {
    pub backups: usize,
    pub rows: u64,
    pub bodies: u64,
    /// What is missing or not what it was.
    pub damaged: Lacking,
}

/// `read_data`: reads every pack that the backups need.
pub async fn verify(
    shelf: Arc<dyn Shelf>,
    kept: Kept,
    read_data: bool,
    progress: Arc<Progress>,
) -> Result<Verified, Fault> {
    let reading = Reading::new(shelf.clone(), Index::load(&*shelf).await?);
    let Kept { backups, damaged } = kept;
    let mut verified = Verified { backups: backups.len(), damaged, ..Verified::default() };
    let mut bad = HashSet::new();
    if read_data {
        let needed: HashSet<Name> = backups.iter().flat_map(|backup| backup.packs.iter().copied()).collect();
        let tables = reading.index().tables().iter().filter(|table| needed.contains(&table.pack));
        let tables: Vec<Table> = tables.cloned().collect();
        progress.bytes.store(tables.iter().map(Table::file_bytes).sum(), Ordering::Relaxed);
        for table in tables {
            let (pack, bytes) = (table.pack, table.file_bytes());
            let pieces = read_pack(&*shelf, table, &mut verified).await?;
            bad.extend(pieces.into_iter().map(|piece| (pack, piece)));
            progress.bytes_done.fetch_add(bytes, Ordering::Relaxed);
        }
    }
    // Backups share most of their pieces.
    let mut seen = HashSet::new();
    for backup in &backups {
        for name in &backup.row_pieces {
            if seen.insert(*name) {
                let before = verified.rows;
                walk_rows(&reading, &backup.id(), name, &bad, &mut verified).await?;
                progress.rows.fetch_add(verified.rows - before, Ordering::Relaxed);
            }
        }
    }
    Ok(verified)
}

/// The pieces of a pack that are not what was written.
async fn read_pack(shelf: &dyn Shelf, table: Table, verified: &mut Verified) -> Result<Vec<Name>, Fault> {
    let place = index::file(&table.pack);
    let Some(file) = shelf.get(&place).await? else {
        verified.damaged.note(format!("{place} is gone"));
        return Ok(table.entries.iter().map(|entry| entry.name).collect());
    };
    let read = spawn_blocking(move || {
        if digest::sha256(&file) == table.pack {
            return None;
        }
        let bad = table.entries.iter().filter(|entry| {
            let (start, end) = (entry.offset as usize, (entry.offset + entry.length) as usize);
            file.get(start..end).is_none_or(|piece| digest::sha256(piece) != entry.sum)
        });
        Some(bad.map(|entry| entry.name).collect::<Vec<_>>())
    });
    let Some(bad) = read.await.map_err(Fault::gone)? else { return Ok(Vec::new()) };
    verified.damaged.note(format!("{place}: its checksum is wrong; {} pieces in it are damaged", bad.len()));
    Ok(bad)
}

async fn walk_rows(
    reading: &Reading,
    backup: &str,
    name: &Name,
    bad: &HashSet<(Name, Name)>,
    verified: &mut Verified,
) -> Result<(), Fault> {
    let rows = match reading.piece(name).await.and_then(rows_in) {
        Ok(rows) => rows,
        Err(fault @ (Fault::Damaged { .. } | Fault::Missing(_))) => {
            verified.damaged.note(format!("rows of backup {backup}: {fault}"));
            return Ok(());
        }
        Err(fault) => return Err(fault),
    };
    for (key, row) in rows {
        verified.rows += 1;
        let Some(body) = body_of(&key, &row)? else { continue };
        verified.bodies += 1;
        let is_there =
            |piece: Name| reading.index().find(&piece).any(|(table, _)| !bad.contains(&(table.pack, piece)));
        if !(0..body.pieces()).all(|number| is_there(body.piece(number))) {
            let what = format!("backup {backup}: the bytes of {} are damaged or missing", shown(&key));
            verified.damaged.note(what);
        }
    }
    Ok(())
}
