//! The row archive: the catalog's rows in the volumes, whole and up to date, so that all copies of the catalog may be lost.
//!
//! What changes is landed by `RowArchive` as it goes into the index. The `Archivist` lays down all rows now and then, in
//! rounds, piece by piece, so that what changed before may be forgotten; where a round stands, its rows tell. `rebuild`
//! makes a catalog of what lies in the volumes. docs/decisions/0018-the-rows-lie-in-the-volumes-too.md says why it is so.

mod cover;
mod find;
mod pages;
mod port;
mod rebuild;
mod standing;

use std::time::Duration;

use bytes::Bytes;
use catalog::table::{ArchiveRow, PAGE_BYTES, ReclaimRow, Stretch, StretchRow, space};
use catalog::{Decision, Fault, Group, Write};
use model::Ordinal;
use semantics::Hall;
use stripe::{Chunk, Manifest};
use world::thread::spawn_blocking;

use crate::pace::{Allowance, Pace};
use crate::{Gate, KeeperFault};
pub use find::{Found, find};
use pages::{Pages, is_kept};
pub use port::RowArchive;
pub use rebuild::{Progress, Rebuilt, check, rebuild};
use standing::{Deed, Standing};

/// How often to look whether there is something to do.
const IDLE: Duration = Duration::from_secs(5);
/// How long to wait after a fault.
const PAUSE: Duration = Duration::from_secs(30);
/// Pieces of a round until it is looked what they make superfluous.
const PIECES_MAX: usize = 32;
/// What a piece leaves for the keys that stand around its rows.
const PIECE_BYTES: usize = PAGE_BYTES - 16 * 1024;
/// No row's key is so great.
const AFTER_ALL: &[u8] = &[0xff];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveOptions {
    /// What changed may weigh half of the last round and so much before a new one begins.
    pub allowance_bytes: u64,
    /// Of rows, while a round lasts.
    pub bytes_per_second: u64,
    /// How often to look whether there is something to do.
    pub idle: Duration,
}

impl Default for ArchiveOptions {
    fn default() -> Self {
        Self { allowance_bytes: 64 << 20, bytes_per_second: 16 << 20, idle: IDLE }
    }
}

/// Keeps the archive short.
pub struct Archivist {
    hall: Hall,
    gate: Gate,
    options: ArchiveOptions,
}

/// What a piece of a round is made of.
struct Gathered {
    at: Ordinal,
    rows: Vec<StretchRow>,
    end: Bytes,
}

impl Archivist {
    pub const fn new(hall: Hall, gate: Gate, options: ArchiveOptions) -> Self {
        Self { hall, gate, options }
    }

    /// Works until its task is aborted.
    pub async fn run(self) {
        let pace = Pace::new(self.options.bytes_per_second);
        let mut allowance = pace.allowance();
        loop {
            match self.step(&mut allowance).await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(self.options.idle).await,
                Err(fault) => {
                    tracing::warn!(%fault, "the row archive pauses");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// False when there was nothing to do.
    async fn step(&self, allowance: &mut Allowance) -> Result<bool, KeeperFault> {
        let hall = self.hall.clone();
        let read = spawn_blocking(move || Standing::read(&hall.catalog().snapshot()?));
        let standing = read.await.map_err(|_| KeeperFault::CLOSED)??;
        match standing.choose(self.options.allowance_bytes) {
            Deed::Rest => return Ok(false),
            Deed::Forget(keys) => self.forget(keys).await?,
            Deed::Begin => {
                self.pieces(self.hall.catalog().last_ordinal(), 0, Bytes::new(), allowance).await?
            }
            Deed::GoOn { round, place, from } => self.pieces(round, place, from, allowance).await?,
        }
        Ok(true)
    }

    /// Some pieces of a round.
    async fn pieces(
        &self,
        round: Ordinal,
        first: u32,
        from: Bytes,
        allowance: &mut Allowance,
    ) -> Result<(), KeeperFault> {
        let mut start = from;
        for place in (first..).take(PIECES_MAX) {
            let (hall, from) = (self.hall.clone(), start.clone());
            let gathered =
                spawn_blocking(move || gather(&hall, &from)).await.map_err(|_| KeeperFault::CLOSED)??;
            let Gathered { at, rows, end } = gathered;
            let stretch = Stretch::Range { round, place, at };
            let bytes = self.piece(stretch, start, end.clone(), rows).await?;
            metrics::counter!("strongroom_archive_round_bytes_total").increment(bytes);
            if end.is_empty() {
                tracing::info!(pieces = place + 1, "a round of the row archive is whole");
                return Ok(());
            }
            allowance.spend(bytes).await;
            start = end;
        }
        Ok(())
    }

    /// Answers how many bytes it fills.
    async fn piece(
        &self,
        stretch: Stretch,
        start: Bytes,
        end: Bytes,
        rows: Vec<StretchRow>,
    ) -> Result<u64, KeeperFault> {
        // Until all is named.
        let (_passed, _passage) = (self.gate.enter().await?, self.hall.store().passage());
        let mut pages = Pages::new(self.hall.store(), stretch, start, end);
        for (key, value) in rows {
            pages.push(key, value.as_deref()).await?;
        }
        let rows = pages.finish().await?;
        let bytes = rows.iter().map(|row| u64::from(row.page.bytes)).sum();
        self.name(rows).await?;
        Ok(bytes)
    }

    async fn name(&self, rows: Vec<ArchiveRow>) -> Result<(), KeeperFault> {
        let writes: Vec<Write> = rows.iter().map(|row| Write::put(row.page.key(), row.encode())).collect();
        match self.hall.catalog().write(Group::new(&b"archive"[..]), writes).await {
            Ok(()) => Ok(()),
            Err(fault) => {
                // Perhaps they are named now: the next start's sweep will know.
                if !fault.outcome_unknown() {
                    for row in rows {
                        self.hall.store().discard(&decode(&row.manifest)?);
                    }
                }
                Err(fault.into())
            }
        }
    }

    async fn forget(&self, keys: Vec<Vec<u8>>) -> Result<(), KeeperFault> {
        let forgotten =
            self.hall.catalog().commit_freeing(Group::new(&b"archive"[..]), move |view, ordinal| {
                let mut writes = Vec::with_capacity(keys.len() + 1);
                let mut doomed: Vec<Chunk> = Vec::new();
                for key in &keys {
                    let Some(row) = view.get(key)? else { continue };
                    doomed.extend(chunks(row).map_err(|fault| Fault::corrupt("row", fault.to_string()))?);
                    writes.push(Write::delete(key.clone()));
                }
                if !doomed.is_empty() {
                    let reclaim = ReclaimRow::Stored(Manifest::new(doomed).encode().into());
                    writes.push(Write::put(space::reclaim(ordinal, 0), reclaim.encode()));
                }
                Ok(Decision::<(), std::convert::Infallible>::Write(writes, ()))
            });
        match forgotten.await? {
            Ok(()) => Ok(()),
            Err(never) => match never {},
        }
    }
}

/// The rows from a key on that fill a page, as far as changes have reached the archive: what a rebuild makes of ranges and
/// changes is then never ahead in one row and behind in another.
fn gather(hall: &Hall, from: &[u8]) -> Result<Gathered, KeeperFault> {
    let view = hall.catalog().archived_snapshot()?;
    let mut cursor = view.cursor(from, AFTER_ALL)?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some((key, value)) = cursor.next()? {
        if !is_kept(&key) {
            cursor.seek(&[key[0] + 1])?;
            continue;
        }
        bytes += key.len() + value.len() + 8;
        if bytes > PIECE_BYTES && !rows.is_empty() {
            return Ok(Gathered { at: view.ordinal(), rows, end: key.into() });
        }
        rows.push((key.into(), Some(value)));
    }
    Ok(Gathered { at: view.ordinal(), rows, end: Bytes::new() })
}

fn chunks(row: Bytes) -> Result<Vec<Chunk>, KeeperFault> {
    let row = ArchiveRow::decode(row).map_err(KeeperFault::damaged)?;
    if row.is_missed() {
        return Ok(Vec::new());
    }
    Ok(decode(&row.manifest)?.chunks().to_vec())
}

fn decode(manifest: &[u8]) -> Result<Manifest, KeeperFault> {
    Manifest::decode(manifest).map_err(KeeperFault::damaged)
}
