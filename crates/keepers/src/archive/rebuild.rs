//! A catalog from what lies in the volumes.
//!
//! Ranges are laid in first, the newest before older ones, so that each key is known as of the latest time there is; then
//! what changed after that, in order. Every row is right as of its key's range and all changes since: a hole in the
//! changes is told. At last the archive itself is named again, and goes on.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use catalog::table::{ArchiveRow, Page, ReclaimRow, Stretch, space};
use catalog::{Catalog, Group, Snapshot, Write};
use model::Ordinal;
use semantics::ChunkOwner;
use stripe::{Chunk, Manifest, Place, Store};
use tokio::task::JoinSet;

use super::cover::Cover;
use super::find::{Found, FoundStretch, ReadStretch};
use super::pages::{is_kept, row};
use crate::KeeperFault;
use crate::doomed::Doomed;
use crate::rows::{Named, rows_from};

/// What one commit takes.
const ROWS_MAX: usize = 1024;
const BYTES_MAX: usize = 1 << 20;
/// Rows whose chunks are looked for at the same time.
const AT_ONCE_MAX: usize = 16;
/// Rows named in the report that lack bytes; more are only counted.
const LOST_MAX: usize = 100;

/// How far it is, for who looks.
#[derive(Debug, Default)]
pub struct Progress {
    pub records: AtomicU64,
    pub stretches: AtomicU64,
    pub stretches_all: AtomicU64,
    pub rows: AtomicU64,
    pub checked: AtomicU64,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub rows: u64,
    /// Current ones, of all buckets.
    pub objects: u64,
    /// The last commit that is in it.
    pub until: Ordinal,
    /// What changed after the first and up to the second of each is missing.
    pub holes: Vec<(Ordinal, Ordinal)>,
    /// Stretches that could not be read whole, be they needed or not.
    pub unread: u64,
    /// Rows whose bytes are not there, and the first of them.
    pub lost: u64,
    pub lost_names: Vec<String>,
}

impl Progress {
    pub(super) fn saw_record(&self) {
        self.records.fetch_add(1, Ordering::Relaxed);
    }
}

impl Rebuilt {
    pub const fn is_whole(&self) -> bool {
        self.holes.is_empty() && self.lost == 0
    }

    fn note_lost(&mut self, name: String) {
        self.lost += 1;
        if self.lost_names.len() < LOST_MAX {
            self.lost_names.push(name);
        }
    }
}

struct Rebuilding<'a> {
    store: &'a Store,
    catalog: &'a Catalog,
    progress: &'a Progress,
    batch: Vec<Write>,
    batch_bytes: usize,
    cover: Cover,
    rebuilt: Rebuilt,
    /// The archive's own rows.
    named: Vec<ArchiveRow>,
}

/// Lays all rows into a catalog that is empty and whose commits come after `found.last`. It must have no archive: what it
/// is given is in the volumes.
pub async fn rebuild(
    store: &Store,
    catalog: &Catalog,
    found: Found,
    progress: &Progress,
) -> Result<Rebuilt, KeeperFault> {
    let Found { mut ranges, changes, partial, .. } = found;
    progress.stretches_all.store((ranges.len() + changes.len()) as u64, Ordering::Relaxed);
    let mut rebuilding = Rebuilding {
        store,
        catalog,
        progress,
        batch: Vec::new(),
        batch_bytes: 0,
        cover: Cover::default(),
        rebuilt: Rebuilt { unread: partial, ..Rebuilt::default() },
        named: Vec::new(),
    };
    ranges.sort_by_key(|found| match found.stretch {
        Stretch::Range { round, place, at } => std::cmp::Reverse((at, round, place)),
        Stretch::Changes { to, .. } => std::cmp::Reverse((to, to, 0)),
    });
    let mut read = BTreeMap::new();
    for found in ranges {
        rebuilding.lay(found, &mut read).await?;
    }
    rebuilding.follow(changes).await?;
    rebuilding.named.extend(rounds(read).into_iter().flatten());
    rebuilding.name().await?;
    Ok(rebuilding.rebuilt)
}

/// The pages of a range and its keys.
type Laid = (Bytes, Bytes, Vec<ArchiveRow>);

impl Rebuilding<'_> {
    /// Rows of a range, as far as nothing newer covers it.
    async fn lay(
        &mut self,
        found: FoundStretch,
        read: &mut BTreeMap<(Ordinal, u32), Laid>,
    ) -> Result<(), KeeperFault> {
        let Stretch::Range { round, place, at } = found.stretch else { return Ok(()) };
        let Some(ReadStretch { pages, mut rows }) = self.read(&found).await? else { return Ok(()) };
        while let Some((key, value)) = rows.next().map_err(KeeperFault::damaged)? {
            if self.cover.of(&key).is_none() {
                self.write(key, value).await?;
            }
        }
        let (start, end) = (rows.start.clone(), rows.end.clone());
        self.cover.add(&start, &end, at);
        self.rebuilt.until = self.rebuilt.until.max(at);
        let named = pages.into_iter().map(|(page, chunk)| row(page, &start, &end, chunk)).collect();
        // Two of one place are what a crash left and what was then made of it: the newer one comes first.
        read.entry((round, place)).or_insert((start, end, named));
        Ok(())
    }

    /// What changed, over the ranges.
    async fn follow(&mut self, changes: Vec<FoundStretch>) -> Result<(), KeeperFault> {
        let least = self.cover.least();
        // How far what is needed and what is named go without a hole.
        let (mut reached, mut chain) = (least, None);
        for found in changes {
            let Stretch::Changes { from, to } = found.stretch else { continue };
            let Some(ReadStretch { pages, mut rows }) = self.read(&found).await? else { continue };
            if to > least {
                if from > reached {
                    self.rebuilt.holes.push((reached, from));
                }
                reached = to;
            }
            while let Some((key, value)) = rows.next().map_err(KeeperFault::damaged)? {
                if self.cover.of(&key).is_none_or(|at| at < to) {
                    self.write(key, value).await?;
                }
            }
            if let Some(chain) = chain.filter(|chain| *chain != from) {
                let (start, end, manifest) = (Bytes::new(), Bytes::new(), Bytes::new());
                self.named.push(ArchiveRow { page: Page::missed(chain, from), start, end, manifest });
            }
            chain = Some(to);
            let empty = Bytes::new();
            self.named.extend(pages.into_iter().map(|(page, chunk)| row(page, &empty, &empty, chunk)));
        }
        self.rebuilt.until = self.rebuilt.until.max(reached);
        Ok(())
    }

    /// `None` for one that can't be read whole.
    async fn read(&mut self, found: &FoundStretch) -> Result<Option<ReadStretch>, KeeperFault> {
        let read = found.read(self.store).await;
        self.progress.stretches.fetch_add(1, Ordering::Relaxed);
        match read {
            Ok(read) => Ok(Some(read)),
            Err(fault @ KeeperFault::Catalog(_)) => Err(fault),
            Err(fault) => {
                tracing::error!(stretch = ?found.stretch, %fault, "a stretch of the row archive can't be read");
                self.rebuilt.unread += 1;
                Ok(None)
            }
        }
    }

    async fn write(&mut self, key: Bytes, value: Option<Bytes>) -> Result<(), KeeperFault> {
        if !is_kept(&key) {
            return Ok(());
        }
        self.batch_bytes += key.len() + value.as_ref().map_or(0, Bytes::len);
        self.batch.push(match value {
            Some(value) => Write::put(key, value),
            None => Write::delete(key),
        });
        if self.batch.len() >= ROWS_MAX || self.batch_bytes >= BYTES_MAX {
            self.commit().await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), KeeperFault> {
        let writes = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.progress.rows.fetch_add(writes.len() as u64, Ordering::Relaxed);
        Ok(self.catalog.write(Group::new(&b"rebuild"[..]), writes).await?)
    }

    async fn name(&mut self) -> Result<(), KeeperFault> {
        self.commit().await?;
        self.spare()?;
        self.commit().await?;
        for rows in std::mem::take(&mut self.named).chunks(ROWS_MAX) {
            self.batch = rows.iter().map(|row| Write::put(row.page.key(), row.encode())).collect();
            self.commit().await?;
        }
        Ok(())
    }

    /// Pages that had moved, or were given up, and were not freed yet, were found and are named again: the reclaimer must not
    /// free them now.
    fn spare(&mut self) -> Result<(), KeeperFault> {
        let mut named: HashSet<Place> = HashSet::new();
        for row in self.named.iter().filter(|row| !row.is_missed()) {
            let manifest = Manifest::decode(&row.manifest).map_err(KeeperFault::damaged)?;
            named.extend(manifest.chunks().iter().flat_map(|chunk| &chunk.places));
        }
        let view = self.catalog.snapshot()?;
        let mut cursor = view.cursor(&[space::RECLAIM], &[space::RECLAIM + 1])?;
        while let Some((key, row)) = cursor.next()? {
            let ReclaimRow::Stored(manifest) = ReclaimRow::decode(row).map_err(KeeperFault::damaged)? else {
                continue;
            };
            let manifest = Manifest::decode(&manifest).map_err(KeeperFault::damaged)?;
            let is_free = |chunk: &&Chunk| !chunk.places.iter().any(|place| named.contains(place));
            let left: Vec<Chunk> = manifest.chunks().iter().filter(is_free).cloned().collect();
            if left.len() < manifest.chunks().len() {
                let row = ReclaimRow::Stored(Manifest::new(left).encode().into());
                self.batch.push(Write::put(key, row.encode()));
            }
        }
        Ok(())
    }
}

/// The runs of pieces that the archivist can go on with: of the last round the beginning, of older ones the end.
fn rounds(read: BTreeMap<(Ordinal, u32), Laid>) -> Vec<Vec<ArchiveRow>> {
    let mut by_round: BTreeMap<Ordinal, Vec<(u32, Laid)>> = BTreeMap::new();
    for ((round, place), laid) in read {
        by_round.entry(round).or_default().push((place, laid));
    }
    let newest = by_round.last_key_value().map(|(round, _)| *round);
    let mut named = Vec::new();
    for (round, pieces) in by_round {
        let follows = |pair: &[(u32, Laid)]| pair[0].0 + 1 == pair[1].0 && pair[0].1.1 == pair[1].1.0;
        let run = if newest == Some(round) {
            let begins = pieces.first().is_some_and(|(place, (start, ..))| *place == 0 && start.is_empty());
            let whole = pieces.windows(2).take_while(|pair| follows(pair)).count() + 1;
            &pieces[..if begins { whole } else { 0 }]
        } else {
            let whole = pieces.windows(2).rev().take_while(|pair| follows(pair)).count() + 1;
            &pieces[pieces.len() - whole..]
        };
        named.extend(run.iter().map(|(_, (_, _, rows))| rows.clone()));
    }
    named
}

/// Looks for every chunk that a row names, and counts.
pub async fn check(
    store: &Store,
    catalog: &Catalog,
    rebuilt: &mut Rebuilt,
    progress: &Progress,
) -> Result<(), KeeperFault> {
    let view = catalog.snapshot()?;
    (rebuilt.rows, rebuilt.objects) = count(&view)?;
    let doomed = Doomed::at(&view)?;
    drop(view);
    let mut looking = JoinSet::new();
    let mut next = Some(Vec::new());
    while let Some(from) = next {
        let (rows, behind) = rows_from(&catalog.snapshot()?, &from, ROWS_MAX)?;
        next = behind;
        for named in rows {
            if looking.len() == AT_ONCE_MAX {
                ended(&mut looking, &doomed, rebuilt, progress).await?;
            }
            let named = match named {
                Ok(named) => named,
                Err(fault) => {
                    rebuilt.note_lost(fault.to_string());
                    continue;
                }
            };
            let store = store.clone();
            looking.spawn(async move { (is_there(&store, &named).await, named) });
        }
    }
    while !looking.is_empty() {
        ended(&mut looking, &doomed, rebuilt, progress).await?;
    }
    Ok(())
}

async fn ended(
    looking: &mut JoinSet<(bool, Named)>,
    doomed: &Doomed,
    rebuilt: &mut Rebuilt,
    progress: &Progress,
) -> Result<(), KeeperFault> {
    let Some(ended) = looking.join_next().await else { return Ok(()) };
    let (there, named) = ended.map_err(|_| KeeperFault::CLOSED)?;
    progress.checked.fetch_add(1, Ordering::Relaxed);
    // Of the archive what was given up is not needed.
    if !there && !matches!(named.owner, ChunkOwner::Rows(_)) && !doomed.has(&named.key) {
        rebuilt.note_lost(format!("{:?}", named.owner));
    }
    Ok(())
}

/// Whether so many shards of each chunk lie where they should that its bytes can be told.
async fn is_there(store: &Store, named: &Named) -> bool {
    for chunk in named.manifest.chunks() {
        let mut found = 0;
        for index in 0..chunk.places.len() {
            found += u8::from(store.owner_of_shard(chunk, index).await.is_ok());
            if found == chunk.layout.data {
                break;
            }
        }
        if found < chunk.layout.data {
            return false;
        }
    }
    true
}

fn count(view: &Snapshot) -> Result<(u64, u64), KeeperFault> {
    let mut cursor = view.cursor(&[0], &[0xff])?;
    let (mut rows, mut objects) = (0, 0);
    while let Some((key, _)) = cursor.next_ref()? {
        rows += u64::from(is_kept(key));
        objects += u64::from(key.first() == Some(&space::CURRENT));
    }
    Ok((rows, objects))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(start: &'static str, end: &'static str, place: u32) -> Laid {
        let (start, end) = (Bytes::from_static(start.as_bytes()), Bytes::from_static(end.as_bytes()));
        let stretch = Stretch::Range { round: Ordinal::FIRST, place, at: Ordinal::FIRST };
        let page = Page { stretch, number: 0, is_last: true, bytes: 1 };
        (start.clone(), end.clone(), vec![row(page, &start, &end, Chunk::whole(stripe::Place::NOWHERE, 1))])
    }

    #[test]
    fn a_round_is_named_as_far_as_the_archivist_can_go_on_with_it() {
        let at = Ordinal::from_u64;
        let read = BTreeMap::from([
            ((at(5), 1), laid("b", "c", 1)),
            ((at(5), 3), laid("d", "e", 3)),
            ((at(5), 4), laid("e", "", 4)),
            ((at(9), 0), laid("", "b", 0)),
            ((at(9), 1), laid("b", "c", 1)),
            ((at(9), 3), laid("d", "e", 3)),
        ]);
        let places: Vec<u32> = rounds(read)
            .iter()
            .map(|rows| match rows[0].page.stretch {
                Stretch::Range { place, .. } => place,
                Stretch::Changes { .. } => u32::MAX,
            })
            .collect();
        assert_eq!(places, [3, 4, 0, 1]);
        assert!(rounds(BTreeMap::from([((at(9), 1), laid("b", "c", 1))])).is_empty());
    }
}
