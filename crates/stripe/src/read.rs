//! A chunk's bytes back from its shards: from the data where it is whole, from any that are enough where it is not.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::chunk::Chunk;
use crate::fault::Fault;
use crate::shards;
use crate::store::{Ailing, Store};
use crate::unit::Unit;

/// Up to this length a chunk that lies in memory is read in the caller's thread: longer ones take longer to prove
/// than a change of thread costs.
const INLINE_READ_BYTES_MAX: usize = 256 * 1024;

/// A shard that is being read.
type Under = (usize, Arc<Unit>, JoinHandle<Result<Bytes, Fault>>);
/// What became of a shard.
type Read = (usize, Result<Bytes, Fault>);

/// A chunk while it is read.
struct Gathering<'a> {
    store: &'a Store,
    chunk: &'a Chunk,
    /// Nobody is going to read it again soon.
    once: bool,
    present: Vec<(usize, Bytes)>,
    /// Shards that did not read, and why the first did not.
    bad: Vec<usize>,
    first: Option<Fault>,
}

impl Store {
    /// The bytes `range` of a chunk, proven, in pieces one after the other.
    pub async fn read(&self, chunk: &Chunk, range: Range<usize>) -> Result<Vec<Bytes>, Fault> {
        let length = chunk.length as usize;
        if range.start > range.end || range.end > length {
            return Err(Fault::TooLarge { what: "a range", bytes: range.end as u64, max: length as u64 });
        }
        let _wanted = self.demand();
        Gathering::new(self, chunk, false).range(range).await
    }

    /// All of a chunk, for who reads it once and for nobody else.
    pub async fn read_whole(&self, chunk: &Chunk) -> Result<Vec<Bytes>, Fault> {
        Gathering::new(self, chunk, true).range(0..chunk.length as usize).await
    }

    /// One shard, from where it lies.
    pub(crate) async fn read_shard(&self, chunk: &Chunk, index: usize) -> Result<Bytes, Fault> {
        let unit = self.unit_of(chunk, index)?;
        let read = unit.clone().read(chunk.extent(index), chunk.coding(index), true, self.patience()).await;
        self.judged(&unit, read).await
    }

    /// The payloads of the shards `wanted`, which ascend: as they lie, or from the others.
    pub(crate) async fn shards(&self, chunk: &Chunk, wanted: &[usize]) -> Result<Vec<Bytes>, Fault> {
        let mut gathering = Gathering::new(self, chunk, true);
        gathering.all(wanted).await?;
        let wanted = |(index, _): &(usize, Bytes)| wanted.contains(index);
        Ok(gathering.present.into_iter().filter(wanted).map(|(_, payload)| payload).collect())
    }

    pub(crate) fn unit_of(&self, chunk: &Chunk, index: usize) -> Result<Arc<Unit>, Fault> {
        let device = chunk.places[index].device;
        self.ranks().get(device).filter(|unit| !unit.is_out()).cloned().ok_or(Fault::Missing { device })
    }

    /// Tells the watch of what a device did.
    pub(crate) async fn judged<T>(&self, unit: &Arc<Unit>, read: Result<T, Fault>) -> Result<T, Fault> {
        match &read {
            Err(fault @ Fault::Hangs { .. }) => {
                self.give_up(unit, fault).await;
            }
            Err(fault @ (Fault::Io { .. } | Fault::Corrupt { .. })) => {
                self.watch().ailing(unit.number, fault)
            }
            _ => {}
        }
        read
    }
}

impl<'a> Gathering<'a> {
    const fn new(store: &'a Store, chunk: &'a Chunk, once: bool) -> Self {
        Self { store, chunk, once, present: Vec::new(), bad: Vec::new(), first: None }
    }

    async fn range(mut self, range: Range<usize>) -> Result<Vec<Bytes>, Fault> {
        let pieces = if self.chunk.layout.data == 1 {
            vec![self.any_copy().await?.slice(range)]
        } else {
            self.slices(range).await?
        };
        if !self.bad.is_empty() {
            self.report();
        }
        Ok(pieces)
    }

    /// Of a chunk whose shards are all the same bytes: the first that reads, each chunk beginning with another.
    async fn any_copy(&mut self) -> Result<Bytes, Fault> {
        let count = self.chunk.places.len();
        let first = (self.chunk.id % count as u128) as usize;
        for index in (0..count).map(|step| (first + step) % count) {
            self.read_all(&[index]).await;
            if let Some((_, bytes)) = self.present.pop() {
                return Ok(bytes);
            }
        }
        Err(self.lost())
    }

    async fn slices(&mut self, range: Range<usize>) -> Result<Vec<Bytes>, Fault> {
        let (layout, length) = (self.chunk.layout, self.chunk.length as usize);
        let step = layout.shard_bytes(length).max(1);
        let wanted: Vec<usize> = (range.start / step..range.end.div_ceil(step)).collect();
        self.all(&wanted).await?;
        let cut = |(index, shard): &(usize, Bytes)| {
            let start = index * step;
            let first = range.start.max(start) - start;
            let end = range.end.min(start + shard.len()).saturating_sub(start);
            (first < end).then(|| shard.slice(first..end))
        };
        Ok(self.present.iter().filter(|(index, _)| wanted.contains(index)).filter_map(cut).collect())
    }

    /// Reads the shards `wanted`, and rebuilds those that do not read.
    async fn all(&mut self, wanted: &[usize]) -> Result<(), Fault> {
        self.read_all(&self.enough_with(wanted)).await;
        let missing: Vec<usize> = wanted.iter().copied().filter(|index| self.bad.contains(index)).collect();
        if !missing.is_empty() {
            self.enough().await?;
            let rebuilt = self.rebuild(&missing)?;
            self.present.extend(missing.into_iter().zip(rebuilt));
        }
        self.present.sort_by_key(|(index, _)| *index);
        Ok(())
    }

    /// These shards, and as many others as it takes to tell those of them whose devices are away.
    fn enough_with(&self, wanted: &[usize]) -> Vec<usize> {
        let is_here = |index: &usize| self.store.unit_of(self.chunk, *index).is_ok();
        let mut first = wanted.to_vec();
        if !wanted.iter().all(is_here) {
            let here = wanted.iter().filter(|index| is_here(index)).count();
            let others = (0..self.chunk.places.len()).filter(|index| !wanted.contains(index)).filter(is_here);
            first.extend(others.take(usize::from(self.chunk.layout.data).saturating_sub(here)));
        }
        first
    }

    /// Reads further shards until there are enough of them to tell all.
    async fn enough(&mut self) -> Result<(), Fault> {
        let needed = usize::from(self.chunk.layout.data);
        while self.present.len() < needed {
            let untried = (0..self.chunk.places.len())
                .filter(|index| !self.bad.contains(index) && self.present.iter().all(|(at, _)| at != index));
            let next: Vec<usize> = untried.take(needed - self.present.len()).collect();
            if next.is_empty() {
                return Err(self.lost());
            }
            self.read_all(&next).await;
        }
        Ok(())
    }

    fn rebuild(&self, wanted: &[usize]) -> Result<Vec<Bytes>, Fault> {
        let Chunk { layout, length, .. } = *self.chunk;
        let code = self.store.codes().of(layout).ok_or_else(|| self.lost())?;
        let rebuilt = shards::reconstruct(code, length as usize, &self.present, wanted);
        rebuilt.map_err(|_| self.lost())
    }

    /// Reads shards, from several devices at once.
    async fn read_all(&mut self, indices: &[usize]) {
        let (store, chunk) = (self.store, self.chunk);
        let inline_max = INLINE_READ_BYTES_MAX / indices.len().max(1);
        let mut later: Vec<Under> = Vec::new();
        for &index in indices {
            let unit = match store.unit_of(chunk, index) {
                Ok(unit) => unit,
                Err(fault) => {
                    self.note((index, Err(fault)));
                    continue;
                }
            };
            let (extent, coding) = (chunk.extent(index), chunk.coding(index));
            let now = if self.once { Ok(None) } else { unit.read_now(&extent, &coding, inline_max) };
            let read = match now.transpose() {
                Some(read) => read,
                None => {
                    let reading = unit.clone().read(extent, coding, self.once, store.patience());
                    // One alone needs no task of its own.
                    if indices.len() > 1 {
                        later.push((index, unit, tokio::spawn(reading)));
                        continue;
                    }
                    reading.await
                }
            };
            let read = store.judged(&unit, read).await;
            self.note((index, read));
        }
        for (index, unit, reading) in later {
            let read = store.judged(&unit, reading.await.unwrap_or(Err(Fault::Closed))).await;
            self.note((index, read));
        }
    }

    fn note(&mut self, (index, read): Read) {
        match read {
            Ok(bytes) => self.present.push((index, bytes)),
            Err(fault) => {
                self.bad.push(index);
                self.first.get_or_insert(fault);
            }
        }
    }

    fn lost(&self) -> Fault {
        let first = self.first.clone().unwrap_or(Fault::Closed);
        let needed = usize::from(self.chunk.layout.data);
        match self.chunk.places.len() {
            // An uncoded chunk's fault says all.
            1 => first,
            _ => Fault::Lost { left: self.present.len(), needed, first: Box::new(first) },
        }
    }

    /// Asks for repair of what lies on devices that are here: for the others a pass was ordered when they went. Whose
    /// chunk it is a shard that reads well tells.
    fn report(&self) {
        let here = |index: &usize| self.store.unit_of(self.chunk, *index).is_ok();
        let bad: Vec<usize> = self.bad.iter().copied().filter(here).collect();
        let Some(place) = (!bad.is_empty()).then(|| self.store.place_for_ailing()).flatten() else { return };
        let (store, chunk) = (self.store.clone(), self.chunk.clone());
        tokio::spawn(async move {
            for index in (0..chunk.places.len()).filter(|index| !bad.contains(index)) {
                if let Ok(owner) = store.owner_of_shard(&chunk, index).await {
                    place.send(Ailing { owner, chunk, bad });
                    return;
                }
            }
        });
    }
}
