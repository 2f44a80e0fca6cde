//! The engine without threads: recovery, one batch after another, checkpoints when told.
//!
//! Every effect goes through the disk, index and clock that it was given, in an order that only its calls
//! decide: so a simulation can stop it at any write and open it again. The threads stand around it in
//! `catalog.rs`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use model::Ordinal as Place;
use world::{Clock, Disk};

use super::Options;
use super::archive::Archive;
use super::batch::{Batch, settle};
use super::checkpoint::Checkpointer;
use super::index::{Applied, Index};
use super::journal::frame::{self, FrameWriter};
use super::journal::{AppendError, Journal};
use super::memtable::Memtable;
use super::mirror::{
    self, Filling, Member, MemberState, Members, Mirror, MirrorIndex, Unwatched, Watch, withdraw,
};
use super::snapshot::Snapshot;
use super::tables::Tables;
use crate::{Fault, KEY_BYTES_MAX, Plan};

pub struct Engine {
    pub(crate) members: Arc<Members>,
    tables: Arc<Tables>,
    checkpointer: Arc<Checkpointer>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    options: Options,
    frame: FrameWriter,
    /// The last ordinal given.
    last: Place,
    /// Journal written since a memtable was last frozen.
    unfrozen_bytes: usize,
    /// And since the devices' room was last measured.
    unmeasured_bytes: usize,
}

/// Of the journal, between two measurements of several members: little beside what is kept free.
const UNMEASURED_BYTES_MAX: usize = 1 << 20;

impl Engine {
    /// Recovers what was committed: the index, and the journal after it.
    pub fn open(
        disk: Arc<dyn Disk>,
        index: Box<dyn Index>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, Fault> {
        let member = Member { number: 0, disk, index };
        Self::open_members(vec![member], Arc::new(Unwatched), clock, options)
    }

    /// As `open`, from the members that the roster trusts. Those that cannot be used are noted as lost, and joined
    /// again by whoever has the means; the others are whole afterwards.
    pub fn open_members(
        members: Vec<Member>,
        watch: Arc<dyn Watch>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, Fault> {
        Self::open_archived(members, watch, None, clock, options)
    }

    /// As `open_members`; `archive` keeps every row that goes into the index.
    pub fn open_archived(
        members: Vec<Member>,
        watch: Arc<dyn Watch>,
        archive: Option<Arc<dyn Archive>>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, Fault> {
        let members = mirror::open(members, watch, options)?;
        let disk: Arc<dyn Disk> = Arc::new(Mirror::over(members.clone()));
        let index = Box::new(MirrorIndex::over(members.clone()));
        let applied = index.applied()?;
        if let Some(archive) = &archive {
            withdraw(&members, archive.after(applied.ordinal))?;
        }
        let mut last = applied.ordinal;
        let table = Memtable::default();
        let mut visit = |batch: &super::journal::Batch| {
            for row in frame::rows(batch.payload.clone())? {
                let fits = !row.key.is_empty() && row.key.len() <= KEY_BYTES_MAX;
                if !fits || row.ordinal > batch.header.ordinal {
                    return Err(Fault::corrupt("journal", "a proven batch has a row that no commit makes"));
                }
                table.insert(row.key, row.ordinal, row.value);
            }
            last = last.max(batch.header.ordinal);
            Ok(())
        };
        let mut recovered =
            Journal::recover(disk.clone(), options, applied.sequence, clock.now(), &mut visit)?;
        let tables = Arc::new(Tables::recovered(index, table, last));
        let checkpointer = Arc::new(Checkpointer::new(
            tables.clone(),
            recovered.journal.pool().clone(),
            disk,
            options,
            archive,
        ));
        let mut frame = FrameWriter::default();
        let begun = match recovered.begin(&mut frame, last) {
            Err(AppendError::Full(Fault::NoSpace)) => {
                // The disk is full and every segment is needed by rows that the index lacks: give it them.
                let reaches = Applied { sequence: recovered.journal.sequence(), ordinal: last };
                tables.freeze(reaches);
                checkpointer.apply_all()?;
                recovered.applied = reaches.sequence;
                recovered.begin(&mut frame, last)
            }
            begun => begun,
        };
        begun.map_err(AppendError::into_fault)?;
        let journal = recovered.journal;
        let engine = Self {
            members,
            tables,
            checkpointer,
            journal,
            clock,
            options,
            frame,
            last,
            unfrozen_bytes: 0,
            unmeasured_bytes: 0,
        };
        engine.checkpointer.provide()?;
        Ok(engine)
    }

    pub fn snapshot(&self) -> Result<Snapshot, Fault> {
        self.tables.snapshot()
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        self.tables.get(key)
    }

    /// Decides the plans in order, makes their writes durable with one sync a batch, shows them, and settles all.
    pub fn commit_batch(&mut self, plans: impl IntoIterator<Item = Box<dyn Plan>>) {
        let mut plans = plans.into_iter().peekable();
        while plans.peek().is_some() {
            let base = self.make_room().and_then(|()| self.tables.snapshot());
            match base {
                Ok(base) => self.one_batch(base, &mut plans),
                Err(fault) => {
                    let refused = plans.by_ref().take(self.options.batch_plans_max);
                    refused.for_each(|plan| settle(plan, Err(fault.clone())));
                }
            }
        }
    }

    /// Freezes what is in memory and applies it to the index, then recycles the journal.
    pub fn checkpoint(&mut self) -> Result<(), Fault> {
        self.freeze();
        self.checkpointer.apply_all()?;
        self.checkpointer.provide()
    }

    /// Takes a member in whose index is empty; what its journal holds is thrown away. Commits go on between the steps
    /// that fill it.
    pub fn join(&mut self, member: Member) -> Result<Filling, Fault> {
        let filling = Filling::admit(&self.members, &self.checkpointer, self.options, member)?;
        self.begin_filling()?;
        Ok(filling)
    }

    /// Goes on in segments that a member has which was just admitted, and moves everything before them into the
    /// index.
    pub(crate) fn begin_filling(&mut self) -> Result<(), Fault> {
        if let Some(reason) = self.tables.failed.get() {
            return Err(Fault::Failed(reason.clone()));
        }
        let begun = self.journal.begin_segment(&mut self.frame, self.last);
        begun.map_err(|error| self.not_appended(error))?;
        self.freeze();
        self.checkpointer.reach(self.reached())?;
        self.checkpointer.provide()
    }

    pub fn leave(&self, number: u16) -> Result<(), Fault> {
        self.members.leave(number)
    }

    pub fn members(&self) -> Vec<MemberState> {
        self.members.states()
    }

    pub(crate) fn tables(&self) -> &Arc<Tables> {
        &self.tables
    }

    pub(crate) fn checkpointer(&self) -> &Arc<Checkpointer> {
        &self.checkpointer
    }

    fn one_batch(&mut self, base: Snapshot, plans: &mut impl Iterator<Item = Box<dyn Plan>>) {
        self.measure();
        let mut batch = Batch::new(base, &mut self.frame, self.tables.is_scarce());
        let mut count = 0_usize;
        while count < self.options.batch_plans_max && batch.bytes() < self.options.batch_bytes_max {
            let Some(plan) = plans.next() else { break };
            self.last = self.last.next(self.clock.now());
            batch.admit(plan, self.last);
            count += 1;
        }
        let Batch { rows, waiting, .. } = batch;
        let outcome = if rows.is_empty() { Ok(()) } else { self.make_durable() };
        if outcome.is_ok() && !rows.is_empty() {
            let active = self.tables.list().active.clone();
            for row in rows {
                active.insert(row.key, row.ordinal, row.value);
            }
            self.tables.publish(self.last);
        }
        metrics::counter!("strongroom_catalog_commits_total").increment(waiting.len() as u64);
        metrics::histogram!("strongroom_catalog_batch_plans").record(count as f64);
        for (plan, ordinal) in waiting {
            settle(plan, outcome.clone().map(|()| ordinal));
        }
    }

    /// Several members are asked for their room by a turn of their threads, as for the write and the sync: so only now
    /// and then, and at every checkpoint. A failed measurement keeps the last one's answer: the device's own errors show
    /// at the write.
    fn measure(&mut self) {
        let scarce = self.tables.scarce.load(Ordering::Relaxed);
        if scarce || self.unmeasured_bytes >= UNMEASURED_BYTES_MAX || self.members.living().len() == 1 {
            let _ = self.checkpointer.measure();
            self.unmeasured_bytes = 0;
        }
    }

    /// Appends the frame. When there is no room for it, a checkpoint frees the journal's segments.
    fn make_durable(&mut self) -> Result<(), Fault> {
        let bytes = self.frame.frame_bytes();
        let mut appended = self.journal.append(&mut self.frame, self.last);
        if let Err(AppendError::Full(_)) = appended {
            self.freeze();
            self.checkpointer.apply_all()?;
            appended = self.journal.append(&mut self.frame, self.last);
        }
        appended.map_err(|error| self.not_appended(error))?;
        self.unfrozen_bytes += bytes;
        self.unmeasured_bytes += bytes;
        Ok(())
    }

    fn not_appended(&self, error: AppendError) -> Fault {
        match error {
            AppendError::Full(fault) => fault,
            AppendError::Broken(fault) => {
                let reason: Arc<str> = fault.to_string().into();
                tracing::error!(%reason, "the journal failed: no more commits until the catalog is reopened");
                self.tables.failed.get_or_init(|| reason.clone());
                Fault::Unknown(reason)
            }
        }
    }

    /// Before a batch: a full memtable is frozen, and when too many wait for the index this one waits too.
    fn make_room(&mut self) -> Result<(), Fault> {
        if let Some(reason) = self.tables.failed.get() {
            return Err(Fault::Failed(reason.clone()));
        }
        let active_bytes = self.tables.list().active.bytes();
        if active_bytes.max(self.unfrozen_bytes) < self.options.memtable_bytes_max {
            return Ok(());
        }
        if self.tables.list().frozen.len() >= self.options.frozen_max {
            let applied = self.checkpointer.apply_oldest();
            // An index that cannot take rows just now holds up commits only when memory runs over as well.
            if applied.is_err() && active_bytes < 2 * self.options.memtable_bytes_max {
                return Ok(());
            }
            applied?;
        }
        self.freeze();
        Ok(())
    }

    /// Freezes a memtable that is not full, unless the index has enough to do.
    pub(crate) fn freeze_early(&mut self) {
        if self.tables.list().frozen.len() < self.options.frozen_max {
            self.freeze();
        }
    }

    fn freeze(&mut self) {
        self.tables.freeze(self.reached());
        self.unfrozen_bytes = 0;
    }

    const fn reached(&self) -> Applied {
        Applied { sequence: self.journal.sequence(), ordinal: self.last }
    }
}
