//! The index as a copy-on-write B+tree of proven pages in one file, `index/tree`: docs/formats/index.md.
//!
//! Whatever points to bytes holds their checksum, from the record of the last transaction down to each value, and
//! nothing is used that was not proven by it: so rot, a cut file and a device that lies are `Corrupt` and never another
//! answer. A transaction writes to free pages, syncs, then writes its record, and syncs again. It has no threads,
//! clock or randomness, and knows nothing about journals or memtables.

mod bits;
mod cache;
mod merge;
mod meta;
mod node;
mod pack;
mod pages;
mod piece;
mod read;
mod space;
#[cfg(test)]
mod tests;
mod txn;
mod walk;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use world::Disk;

use self::bits::Run;
use self::meta::{ECHO, Meta, SLOTS};
use self::pages::{Pages, Tree};
use self::piece::PAGE_BYTES;
use self::read::TreeRead;
use self::space::{PAGES_MAX, PAGES_MIN, Space};
use self::txn::{Txn, allocate};
use super::{Applied, Index, IndexRead, IndexWrite, Verified};
use crate::{Fault, KEY_BYTES_MAX, VALUE_BYTES_MAX};

const DIRECTORY: &str = "index";
const FILE: &str = "index/tree";
/// What a crash leaves of making the file.
const UNFINISHED: &str = "index/tree.new";
/// The index of builds before the first release.
const EARLIER: &str = "index/data.mdb";

#[derive(Clone, Copy, Debug)]
pub struct TreeOptions {
    /// Proven nodes kept in memory.
    pub cache_bytes: usize,
    /// The file grows in steps of this.
    pub growth_bytes: u64,
    /// Space kept allocated beyond what is used, so that deletes can be applied on a full disk. A small index
    /// keeps as much as it uses.
    pub reserve_bytes_max: u64,
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, growth_bytes: 4 << 20, reserve_bytes_max: 128 << 20 }
    }
}

pub struct TreeIndex {
    pages: Arc<Pages>,
    now: RwLock<Arc<Tree>>,
    writer: Mutex<Writer>,
    options: TreeOptions,
}

struct Writer {
    /// Read when it is first needed.
    space: Option<Space>,
    /// Trees that are over, oldest first, each with the pages that the one after it no longer refers to.
    retired: VecDeque<(Arc<Tree>, Vec<Run>)>,
    /// Taken by transactions of which nobody knows whether they are durable.
    doubtful: Vec<Run>,
    /// The last transaction's number, be it durable or not.
    txn: u64,
    /// The slot of the last durable record.
    slot: u32,
}

impl TreeIndex {
    /// Opens or makes the index of a device. One handle at a time.
    pub fn open(disk: &dyn Disk, options: TreeOptions) -> Result<Self, Fault> {
        let opening = || Fault::io("opening the index");
        if disk.exists(EARLIER).map_err(opening())? {
            let what = format!(
                "{EARLIER} was made by an earlier development build, whose data this one cannot read"
            );
            return Err(Fault::Index(what.into()));
        }
        if !disk.exists(FILE).map_err(opening())? {
            create(disk)?;
        }
        let file = disk.open(FILE).map_err(opening())?;
        // What a program that died has written may lie in memory only: nobody may build on it before it is durable.
        file.sync_all().and_then(|()| disk.sync_dir(DIRECTORY)).map_err(opening())?;
        let (meta, slot) = Meta::newest(&*file)?;
        let txn = meta.txn;
        let pages = Arc::new(Pages::new(file, options.cache_bytes));
        let now = Arc::new(Tree::of(pages.clone(), meta)?);
        let writer = Writer { space: None, retired: VecDeque::new(), doubtful: Vec::new(), txn, slot };
        Ok(Self { pages, now: RwLock::new(now), writer: Mutex::new(writer), options })
    }

    fn now(&self) -> Arc<Tree> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the rows durable, and shows them.
    fn transact(
        &self,
        writer: &mut Writer,
        rows: &[IndexWrite<'_>],
        applied: Option<Applied>,
    ) -> Result<(), Fault> {
        let now = self.now();
        let Writer { space, retired, doubtful, txn, slot } = writer;
        let space = loaded(space, &now)?;
        while let Some((tree, _)) = retired.front_mut()
            && Arc::get_mut(tree).is_some()
        {
            retired.pop_front().into_iter().for_each(|(_, freed)| space.release(freed));
        }
        *txn += 1;
        let prepared = self
            .prepare(space, &now.meta, rows, applied, *txn)
            .and_then(|meta| Tree::of(self.pages.clone(), meta));
        let tree = prepared.inspect_err(|_| space.abort())?;
        drop(now);
        let other = 1 - *slot;
        if let Err(fault) = self.seal(&tree.meta, other) {
            doubtful.extend(space.doubt());
            // Linux takes pages that it failed to write for written: a program that starts while the machine runs on is
            // not to find a record that the device may not have.
            let _ = meta::erase(&*self.pages.file, other);
            return Err(fault);
        }
        *slot = other;
        space.release(std::mem::take(doubtful));
        // If the copy fails, the next transaction's writes will say so.
        let _ = tree.meta.write(&*self.pages.file, ECHO);
        retired.push_back((self.replace(tree), space.commit()));
        Ok(())
    }

    /// Writes the tree with these rows and its bitmaps, and syncs them. The answer is the record to come.
    fn prepare(
        &self,
        space: &mut Space,
        before: &Meta,
        rows: &[IndexWrite<'_>],
        applied: Option<Applied>,
        txn: u64,
    ) -> Result<Meta, Fault> {
        let file = &*self.pages.file;
        let growth_pages = pages_of(self.options.growth_bytes).max(1);
        let mut work = Txn::begin(&self.pages, space, before.rows, growth_pages);
        let root = before.height.checked_sub(1).map(|level| (level, before.root));
        let root = work.merge(root, rows)?;
        work.write_out()?;
        let rows = work.rows;
        let regions = space.write_bitmaps(file, &before.regions)?;
        space.sync(file).map_err(Fault::io("syncing the index"))?;
        let (height, root) = root.map_or_else(Default::default, |(level, root)| (level + 1, root));
        Ok(Meta { txn, applied: applied.unwrap_or(before.applied), rows, height, root, regions })
    }

    /// Makes the record durable.
    fn seal(&self, meta: &Meta, slot: u32) -> Result<(), Fault> {
        meta.write(&*self.pages.file, slot)?;
        self.pages.file.sync_data().map_err(Fault::io("syncing the index's record"))
    }

    fn replace(&self, tree: Tree) -> Arc<Tree> {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut now, Arc::new(tree))
    }
}

impl Index for TreeIndex {
    fn applied(&self) -> Result<Applied, Fault> {
        Ok(self.now().meta.applied)
    }

    fn read(&self) -> Result<Box<dyn IndexRead>, Fault> {
        Ok(Box::new(TreeRead(self.now())))
    }

    fn apply(
        &self,
        rows: &mut dyn Iterator<Item = IndexWrite<'_>>,
        applied: Option<Applied>,
    ) -> Result<(), Fault> {
        let rows: Vec<_> = rows.collect();
        check(&rows)?;
        self.transact(&mut self.writer(), &rows, applied)
    }

    fn expect_reads(&self, expected: bool) {
        self.pages.expect_reads(expected);
    }

    fn reserve(&self) -> Result<(), Fault> {
        let mut writer = self.writer();
        let now = self.now();
        let space = loaded(&mut writer.space, &now)?;
        let file = &*self.pages.file;
        let step = self.options.growth_bytes;
        let used = space.used_pages() * PAGE_BYTES as u64;
        let wanted = used + used.clamp(step, self.options.reserve_bytes_max.max(step));
        let wanted = pages_of(wanted.next_multiple_of(step.max(1)));
        if wanted > space.pages() {
            allocate(file, space, wanted)?;
        } else if wanted.saturating_mul(2).max(space.end()) < space.pages() {
            let pages = Space::with_bitmaps(wanted.max(space.end())).min(space.pages());
            space.shrink(pages);
            // A record that names bitmaps beyond the end would have all of them made anew at the next start.
            if Space::regions(pages) < now.meta.regions.len() {
                drop(now);
                self.transact(&mut writer, &[], None)?;
            }
            let bytes = u64::from(pages) * PAGE_BYTES as u64;
            file.set_len(bytes).map_err(Fault::io("giving back space of the index"))?;
            writer.space.iter_mut().for_each(Space::note_length);
        }
        match &mut writer.space {
            Some(space) if space.length_is_new() => {
                space.sync(file).map_err(Fault::io("syncing the index's length"))
            }
            _ => Ok(()),
        }
    }

    fn verify(&self, start: &[u8], bytes_max: u64) -> Result<Verified, Fault> {
        walk::verify(&self.now(), start, bytes_max)
    }
}

/// An empty index under its name, or no file of that name. The name is not yet durable.
fn create(disk: &dyn Disk) -> Result<(), Fault> {
    let making = || Fault::io("making the index");
    disk.create_dir(DIRECTORY).map_err(making())?;
    disk.sync_dir("").map_err(making())?;
    if disk.exists(UNFINISHED).map_err(making())? {
        disk.remove(UNFINISHED).map_err(making())?;
    }
    let file = disk.create(UNFINISHED).map_err(making())?;
    file.allocate(u64::from(PAGES_MIN) * PAGE_BYTES as u64).map_err(making())?;
    (0..SLOTS).try_for_each(|slot| Meta::default().write(&*file, slot))?;
    file.sync_all().map_err(making())?;
    disk.rename(UNFINISHED, FILE).map_err(making())
}

/// The bitmaps; where they do not prove, they are made anew from the tree, which does.
fn loaded<'a>(space: &'a mut Option<Space>, now: &Tree) -> Result<&'a mut Space, Fault> {
    if space.is_none() {
        let file = &*now.pages.file;
        let length = pages_of(file.len().map_err(Fault::io("measuring the index"))?).min(PAGES_MAX);
        *space = Some(match Space::load(file, &now.meta.regions, length) {
            Err(fault @ Fault::Corrupt { .. }) => {
                tracing::warn!(%fault, "a bitmap of the index is made anew from the tree");
                Space::rebuilt(length, walk::pieces(now)?)
            }
            loaded => loaded?,
        });
    }
    space.as_mut().ok_or(Fault::Closed)
}

fn check(rows: &[IndexWrite<'_>]) -> Result<(), Fault> {
    let too_large = |what, bytes, bytes_max| Err(Fault::TooLarge { what, bytes, bytes_max });
    for (key, value) in rows {
        let value_bytes = value.map_or(0, <[u8]>::len);
        if key.len() > KEY_BYTES_MAX {
            return too_large("a key", key.len(), KEY_BYTES_MAX);
        }
        if value_bytes > VALUE_BYTES_MAX {
            return too_large("a value", value_bytes, VALUE_BYTES_MAX);
        }
    }
    assert!(rows.is_sorted_by(|left, right| left.0 < right.0), "rows come in order, each key once");
    Ok(())
}

fn pages_of(bytes: u64) -> u32 {
    u32::try_from(bytes / PAGE_BYTES as u64).unwrap_or(u32::MAX)
}
