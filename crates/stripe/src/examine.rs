//! What a scrub and a verification ask: all of a volume, and every shard of a chunk, read from where they lie.

use bytes::Bytes;
use tokio::task::JoinHandle;
use volume::{Coding, Report};

use crate::chunk::{Chunk, Owner};
use crate::fault::Fault;
use crate::shards;
use crate::store::Store;

/// How a chunk stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// The shards that are not well, and why.
    pub bad: Vec<(usize, Fault)>,
    /// The owners that were recorded beside the others.
    pub owners: Vec<Owner>,
    /// The chunk's bytes, in order; `None` when too few shards are left to tell them.
    pub bytes: Option<Vec<Bytes>>,
    /// Each shard is as it was written, and together they are not the shards of one chunk.
    pub at_odds: bool,
}

type Reading = JoinHandle<Result<(Bytes, Owner), Fault>>;

impl Store {
    /// A step through a volume, from 0 or from where the last step ended, over about so many bytes: every record is read
    /// and proven. Answers where the next step begins, `None` at the end. Corruption is in the report.
    pub async fn verify_from(
        &self,
        device: u16,
        volume: u32,
        offset: u64,
        bytes_max: u64,
    ) -> Result<(Report, Option<u64>), Fault> {
        let unit = self.ranks().get(device).filter(|unit| !unit.is_out()).cloned();
        let unit = unit.ok_or(Fault::Missing { device })?;
        let step =
            unit.clone().ask(self.patience(), move |set| set.verify_from(volume, offset, bytes_max)).await;
        self.judged(&unit, step).await
    }

    /// Reads every shard of a chunk, and holds them against each other.
    pub async fn examine(&self, chunk: &Chunk) -> Examined {
        let read = |index: usize| -> Reading {
            let (store, chunk) = (self.clone(), chunk.clone());
            tokio::spawn(async move {
                let payload = store.read_shard(&chunk, index).await?;
                Ok((payload, store.owner_of_shard(&chunk, index).await?))
            })
        };
        let under_way: Vec<Reading> = (0..chunk.places.len()).map(read).collect();
        let (mut examined, mut present) = (Examined::default(), Vec::new());
        for (index, reading) in under_way.into_iter().enumerate() {
            match reading.await.unwrap_or(Err(Fault::Closed)) {
                Ok((payload, owner)) => {
                    present.push((index, payload));
                    examined.owners.push(owner);
                }
                Err(fault) => examined.bad.push((index, fault)),
            }
        }
        let all: Vec<usize> = (0..chunk.places.len()).collect();
        // From no more than are needed, so that the others can be held against what these tell.
        let some = &present[..present.len().min(chunk.layout.data.into())];
        let code = self.codes().of(chunk.layout);
        let told = code.map(|code| shards::reconstruct(code, chunk.length as usize, some, &all));
        if let Some(Ok(told)) = told {
            examined.at_odds = present.iter().any(|(index, shard)| told[*index] != shard);
            examined.bytes = Some(told.into_iter().take(chunk.layout.data.into()).collect());
        }
        examined
    }

    /// What was recorded beside a shard, as a start would find it.
    pub async fn owner_of_shard(&self, chunk: &Chunk, index: usize) -> Result<Owner, Fault> {
        Ok(self.recorded(chunk, index).await?.0)
    }

    /// Whether the record there is that of this shard; its payload may be false.
    pub(crate) async fn is_there(&self, owner: &Owner, chunk: &Chunk, index: usize) -> Result<bool, Fault> {
        let (of, coding) = self.recorded(chunk, index).await?;
        Ok(of == *owner && coding == chunk.coding(index))
    }

    async fn recorded(&self, chunk: &Chunk, index: usize) -> Result<(Owner, Coding), Fault> {
        let (unit, extent) = (self.unit_of(chunk, index)?, chunk.extent(index));
        let recorded = unit.clone().ask(self.patience(), move |set| set.owner_anew(&extent)).await;
        self.judged(&unit, recorded).await.map(|(owner, coding)| (Owner::recorded(owner), coding))
    }
}
