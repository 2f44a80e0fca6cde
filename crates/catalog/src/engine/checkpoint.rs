//! Moving frozen memtables into the index, so that the journal before them can be recycled.
//!
//! Whoever calls does the work: the background thread, a committer that must wait for room, or the simulation.
//! One at a time. It decides nothing about rows.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use model::Ordinal;
use world::{Disk, Instant};

use super::Options;
use super::archive::{Archive, Changed};
use super::index::Applied;
use super::journal::Pool;
use super::memtable::Walk;
use super::tables::{Frozen, Tables};
use crate::Fault;

pub(crate) struct Checkpointer {
    tables: Arc<Tables>,
    pool: Arc<Pool>,
    disk: Arc<dyn Disk>,
    options: Options,
    archive: Option<Arc<dyn Archive>>,
    one_at_a_time: Mutex<()>,
}

impl Checkpointer {
    pub fn new(
        tables: Arc<Tables>,
        pool: Arc<Pool>,
        disk: Arc<dyn Disk>,
        options: Options,
        archive: Option<Arc<dyn Archive>>,
    ) -> Self {
        Self { tables, pool, disk, options, archive, one_at_a_time: Mutex::default() }
    }

    /// What is in the index is also in an archive, as far as that could be.
    pub const fn has_archive(&self) -> bool {
        self.archive.is_some()
    }

    pub const fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Applies every frozen memtable.
    pub fn apply_all(&self) -> Result<(), Fault> {
        while self.apply_oldest()? {}
        Ok(())
    }

    /// Applies the oldest frozen memtable; false if there is none. On a fault it stays frozen and nothing is lost.
    pub fn apply_oldest(&self) -> Result<bool, Fault> {
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let list = self.tables.list();
        let Some(frozen) = list.frozen.front() else { return Ok(false) };
        let begun = Instant::now();
        self.apply(frozen)?;
        self.tables.retire_oldest();
        self.pool.recycle(frozen.reaches.sequence);
        metrics::histogram!("strongroom_catalog_checkpoint_seconds").record(begun.elapsed().as_secs_f64());
        Ok(true)
    }

    /// Applies every frozen memtable, and lets the index say that it has got as far as `reached` even if the last
    /// batches had no rows. No other row may be on its way.
    pub fn reach(&self, reached: Applied) -> Result<(), Fault> {
        self.apply_all()?;
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        if self.tables.index.applied()? < reached {
            self.tables.index.apply(&mut std::iter::empty(), Some(reached))?;
        }
        self.pool.recycle(reached.sequence);
        Ok(())
    }

    /// In transactions of bounded size; only the last one says how far the index has got, and names what the archive kept.
    fn apply(&self, frozen: &Frozen) -> Result<(), Fault> {
        let mut kept = self.keep(frozen)?;
        let mut walk = frozen.table.walk(&[], Ordinal::from_u64(u64::MAX));
        loop {
            let mut rows = self.chunk(&mut walk);
            let applied = walk.row().is_none().then_some(frozen.reaches);
            if applied.is_some() && !kept.is_empty() {
                rows.append(&mut kept);
                rows.sort_by(|(one, _), (other, _)| one.cmp(other));
            }
            let mut writes = rows.iter().map(|(key, value)| (&key[..], value.as_deref()));
            self.tables.index.apply(&mut writes, applied)?;
            if applied.is_some() {
                self.archive.iter().for_each(|archive| archive.applied());
                return Ok(());
            }
        }
    }

    fn keep(&self, frozen: &Frozen) -> Result<Vec<Changed>, Fault> {
        let Some(archive) = &self.archive else { return Ok(Vec::new()) };
        let (read, applied) = (self.tables.index.read()?, self.tables.index.applied()?);
        let mut walk = frozen.table.walk(&[], Ordinal::from_u64(u64::MAX));
        let mut rows = std::iter::from_fn(|| {
            let row = walk.row().map(|(key, value)| (key.clone(), value.clone()));
            walk.advance();
            row
        });
        archive.keep(&*read, applied.ordinal, frozen.reaches.ordinal, &mut rows)
    }

    fn chunk(&self, walk: &mut Walk<'_>) -> Vec<Changed> {
        let mut rows = Vec::new();
        let mut bytes = 0;
        while let Some((key, value)) = walk.row() {
            if rows.len() == self.options.apply_rows_max || bytes >= self.options.apply_bytes_max {
                break;
            }
            bytes += key.len() + value.as_ref().map_or(0, Bytes::len);
            rows.push((key.clone(), value.clone()));
            walk.advance();
        }
        rows
    }

    /// Makes spare segments and the index's reserve, deletes surplus, and measures whether space is scarce. What
    /// it cannot make for want of space shows as scarcity, not as a fault.
    pub fn provide(&self) -> Result<(), Fault> {
        let spares = self.pool.trim().and_then(|()| self.pool.provision(0));
        let reserve = self.tables.index.reserve();
        let room = self.measure();
        let mut short = false;
        for provided in [spares, reserve] {
            match provided {
                Ok(()) => {}
                Err(Fault::NoSpace) => short = true,
                Err(fault) => return Err(fault),
            }
        }
        self.tables.short.store(short, Ordering::Relaxed);
        room
    }

    /// Whether there is room for commits that grow.
    pub fn measure(&self) -> Result<(), Fault> {
        let space = self.disk.space().map_err(Fault::io("measuring the device"))?;
        let pending = self.tables.pending_bytes();
        metrics::gauge!("strongroom_catalog_memtable_bytes").set(pending as f64);
        // A B+tree's pages are half to fully filled, so rows on their way may take twice their size.
        let wanted = self.options.free_bytes_min + 2 * pending as u64;
        self.tables.scarce.store(space.available_bytes < wanted, Ordering::Relaxed);
        Ok(())
    }
}
