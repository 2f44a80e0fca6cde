//! One chunk on its way to its devices: coded, appended to all of them at once, and anew without those that fail.

use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use volume::{Coding, Landed, Record};
use world::thread::spawn_blocking;

use crate::chunk::{Chunk, Owner};
use crate::fault::Fault;
use crate::ranks::{Course, Redundancy};
use crate::shards;
use crate::store::Store;
use crate::unit::Unit;

/// Durable on all its devices. Dropped unclaimed it is deleted again.
#[derive(Debug)]
pub(crate) struct LandedChunk {
    chunk: Chunk,
    landed: SmallVec<[Landed; 1]>,
}

impl LandedChunk {
    /// From here on the caller answers for it.
    pub fn claim(self) -> Chunk {
        for landed in self.landed {
            landed.claim();
        }
        self.chunk
    }

    pub const fn chunk(&self) -> &Chunk {
        &self.chunk
    }
}

/// A device that did not take its shard.
struct Failure {
    unit: Arc<Unit>,
    fault: Fault,
}

impl Store {
    /// Lands one chunk under `id`. Devices that fail on the way are given up, and the chunk lands on the others.
    pub(crate) async fn land(
        &self,
        owner: &Owner,
        pieces: &[Bytes],
        id: u128,
        mut course: Arc<Course>,
        redundancy: Redundancy,
    ) -> Result<LandedChunk, Fault> {
        loop {
            if course.is_stale() {
                course = Arc::new(self.course(redundancy)?);
            }
            match self.attempt(owner, pieces, id, &course).await {
                Ok(landed) => return Ok(landed),
                Err(failures) => self.judge(failures).await?,
            }
            course = Arc::new(self.course(redundancy)?);
        }
    }

    async fn attempt(
        &self,
        owner: &Owner,
        pieces: &[Bytes],
        id: u128,
        course: &Course,
    ) -> Result<LandedChunk, Vec<Failure>> {
        let length: usize = pieces.iter().map(Bytes::len).sum();
        let layout = course.for_chunk(length);
        let id = if layout.shards() == 1 { 0 } else { id };
        let shards = match self.codes().of(layout) {
            Some(code) => shards::encode(code, pieces.to_vec()),
            None => Vec::new(),
        };
        assert!(shards.len() == usize::from(layout.shards()), "a chunk is never written without its parity");
        let mut under_way = Vec::with_capacity(shards.len());
        for (index, (shard, (unit, lane))) in shards.into_iter().zip(&course.berths).enumerate() {
            let (data_shards, parity_shards) = (layout.data, layout.parity);
            let coding = match id {
                0 => Coding::WHOLE,
                chunk => Coding { chunk, shard: index as u8, data_shards, parity_shards },
            };
            under_way.push((unit, append(unit, *lane, owner, shard, coding)));
        }
        let deadline = self.patience().map(|patience| Instant::now() + patience);
        let (mut places, mut landed, mut failures) = (SmallVec::new(), SmallVec::new(), Vec::new());
        for (unit, answer) in under_way {
            match settled(unit, answer, deadline).await {
                Ok(record) => {
                    places.push(unit.place(&record.extent()));
                    landed.push(record);
                }
                Err(fault) => failures.push(Failure { unit: unit.clone(), fault }),
            }
        }
        if !failures.is_empty() {
            return Err(failures);
        }
        let chunk = Chunk { length: length as u32, id, layout, places };
        Ok(LandedChunk { chunk, landed })
    }

    /// Whether it may be tried again without those that failed.
    async fn judge(&self, failures: Vec<Failure>) -> Result<(), Fault> {
        for Failure { unit, fault } in failures {
            match fault {
                // The choice of the next devices says whether there is space elsewhere.
                Fault::NoSpace { .. } if !self.is_alone() => unit.note_full(),
                fault if fault.is_of_device() => {
                    if !self.give_up(&unit, &fault).await {
                        return Err(fault);
                    }
                }
                Fault::Closed if unit.is_out() => {}
                fault => return Err(fault),
            }
        }
        Ok(())
    }

    /// True once the device is known to all others as lost.
    pub(crate) async fn give_up(&self, unit: &Arc<Unit>, fault: &Fault) -> bool {
        if unit.is_out() {
            return true;
        }
        let (watch, number, why) = (self.watch().clone(), unit.number, fault.clone());
        let given_up = spawn_blocking(move || watch.failed(number, &why)).await.unwrap_or(false);
        if given_up {
            unit.stand(crate::Standing::Out);
        }
        given_up
    }
}

/// A shard alone, for a chunk whose others lie elsewhere.
pub(crate) async fn append_one(
    store: &Store,
    unit: &Arc<Unit>,
    lane: usize,
    owner: &Owner,
    payload: Bytes,
    coding: Coding,
) -> Result<Landed, Fault> {
    let answer = append(unit, lane, owner, vec![payload], coding);
    let deadline = store.patience().map(|patience| Instant::now() + patience);
    match settled(unit, answer, deadline).await {
        Err(fault @ Fault::NoSpace { .. }) => {
            // Who is alone has nobody to make room for it: what fits into an open volume goes on.
            if !store.is_alone() {
                unit.note_full();
            }
            Err(fault)
        }
        Err(fault) if fault.is_of_device() => {
            store.give_up(unit, &fault).await;
            Err(fault)
        }
        other => other,
    }
}

type Answer = oneshot::Receiver<Result<Landed, volume::Fault>>;

fn append(
    unit: &Unit,
    lane: usize,
    owner: &Owner,
    shard: Vec<Bytes>,
    coding: Coding,
) -> Result<Answer, Fault> {
    if unit.is_choked() {
        return Err(unit.busy());
    }
    let record = Record::coded(owner.bytes().clone(), shard, coding).map_err(|fault| unit.fault(fault))?;
    let (tell, answer) = oneshot::channel();
    // When nobody listens any more the landed record comes back here, and dropping it deletes it.
    unit.device.append(lane, record, Box::new(move |landed| drop(tell.send(landed))));
    Ok(answer)
}

async fn settled(
    unit: &Unit,
    answer: Result<Answer, Fault>,
    deadline: Option<Instant>,
) -> Result<Landed, Fault> {
    let told = match deadline {
        None => answer?.await,
        Some(deadline) => timeout_at(deadline, answer?).await.map_err(|_| unit.hangs("write"))?,
    };
    told.map_err(|_| Fault::Closed)?.map_err(|fault| unit.fault(fault))
}
