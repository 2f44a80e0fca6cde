//! What of the archive lies in the volumes, told by the owners of records alone.

use std::collections::BTreeMap;

use bytes::Bytes;
use catalog::table::{Page, Stretch, StretchReader};
use model::Ordinal;
use semantics::ChunkOwner;
use stripe::{Chunk, Place, Shard, Store};

use super::rebuild::Progress;
use crate::KeeperFault;

/// All stretches of which every page was found.
#[derive(Debug, Default)]
pub struct Found {
    pub(super) ranges: Vec<FoundStretch>,
    /// By their end; none lies within another.
    pub(super) changes: Vec<FoundStretch>,
    /// Pages that are there in part.
    pub partial: u64,
    /// The last commit that a stretch tells of.
    pub last: Ordinal,
}

#[derive(Clone, Debug)]
pub(super) struct FoundStretch {
    pub stretch: Stretch,
    /// Each page's chunks: a crash may have left the same page twice.
    pub pages: Vec<(Page, Vec<Chunk>)>,
}

/// A stretch that was read: where its pages are, and its rows.
pub(super) struct ReadStretch {
    pub pages: Vec<(Page, Chunk)>,
    pub rows: StretchReader,
}

/// A chunk's id, or the place of a record that is all of one.
type WhichChunk = (u128, Option<Place>);

/// Looks at every record of every device. Blocks.
pub fn find(store: &Store, progress: &Progress) -> Found {
    let mut shards: BTreeMap<Page, BTreeMap<WhichChunk, Vec<Shard>>> = BTreeMap::new();
    for (device, _) in store.devices() {
        for shard in store.survey_shards(device) {
            let shard = match shard {
                Ok(shard) => shard,
                Err(fault) => {
                    tracing::warn!(%fault, "a place in a volume can't be read");
                    continue;
                }
            };
            progress.saw_record();
            if let Some(ChunkOwner::Rows(page)) = ChunkOwner::decode(shard.owner.bytes()) {
                let alone = (shard.chunk == 0).then_some(shard.place);
                shards.entry(page).or_default().entry((shard.chunk, alone)).or_default().push(shard);
            }
        }
    }
    let mut stretches: BTreeMap<Stretch, Vec<(Page, Vec<Chunk>)>> = BTreeMap::new();
    let mut found = Found::default();
    for (page, shards) in shards {
        let chunks: Vec<Chunk> =
            shards.values().filter_map(|shards| Chunk::of_shards(page.bytes, shards)).collect();
        found.partial += u64::from(chunks.is_empty());
        if !chunks.is_empty() {
            stretches.entry(page.stretch).or_default().push((page, chunks));
        }
    }
    for (stretch, pages) in stretches {
        found.take(FoundStretch { stretch, pages });
    }
    found.changes = outermost(std::mem::take(&mut found.changes));
    found
}

impl Found {
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.changes.is_empty()
    }

    fn take(&mut self, stretch: FoundStretch) {
        let whole = stretch.pages.iter().enumerate().all(|(place, (page, _))| {
            page.number as usize == place && page.is_last == (place + 1 == stretch.pages.len())
        });
        if !whole {
            self.partial += 1;
            return;
        }
        match stretch.stretch {
            Stretch::Range { at, .. } => {
                self.last = self.last.max(at);
                self.ranges.push(stretch);
            }
            Stretch::Changes { to, .. } => {
                self.last = self.last.max(to);
                self.changes.push(stretch);
            }
        }
    }
}

/// Without those that lie within others, as a crash leaves them behind; by their end.
fn outermost(mut all: Vec<FoundStretch>) -> Vec<FoundStretch> {
    let span = |found: &FoundStretch| match found.stretch {
        Stretch::Changes { from, to } => (from, to),
        Stretch::Range { at, .. } => (at, at),
    };
    all.sort_by_key(|found| (span(found).1, std::cmp::Reverse(span(found).0)));
    let mut chain: Vec<FoundStretch> = Vec::with_capacity(all.len());
    for found in all {
        while chain.last().is_some_and(|last| span(last).0 >= span(&found).0) {
            chain.pop();
        }
        chain.push(found);
    }
    chain
}

impl FoundStretch {
    /// Each page from the first of its chunks that reads.
    pub async fn read(&self, store: &Store) -> Result<ReadStretch, KeeperFault> {
        let (mut pages, mut bytes) = (Vec::with_capacity(self.pages.len()), Vec::new());
        for (page, chunks) in &self.pages {
            let mut read = Err(stripe::Fault::Closed);
            for chunk in chunks {
                read = store.read_whole(chunk).await;
                if read.is_ok() {
                    pages.push((*page, chunk.clone()));
                    break;
                }
            }
            bytes.extend(read?);
        }
        let joined = if bytes.len() == 1 { bytes.remove(0) } else { Bytes::from(bytes.concat()) };
        let rows = StretchReader::new(joined).map_err(KeeperFault::damaged)?;
        Ok(ReadStretch { pages, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(from: u64, to: u64) -> FoundStretch {
        let (from, to) = (Ordinal::from_u64(from), Ordinal::from_u64(to));
        FoundStretch { stretch: Stretch::Changes { from, to }, pages: Vec::new() }
    }

    #[test]
    fn what_a_crash_left_within_another_stretch_is_passed_over() {
        let all = vec![changes(5, 9), changes(0, 5), changes(5, 7), changes(9, 12), changes(7, 9)];
        let chain: Vec<_> = outermost(all).into_iter().map(|found| found.stretch).collect();
        let wanted = [(0, 5), (5, 9), (9, 12)].map(|(from, to)| changes(from, to).stretch);
        assert_eq!(chain, wanted);
    }
}
