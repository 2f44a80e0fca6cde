//! The state behind a simulated disk: names, files, faults, and what one deed does to them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use world::Space;

use super::fault::{Deed, Faults, Verdict, device_error, off};
use super::image::PAGE_BYTES;
use super::inode::{Inode, SyncReach};
use super::tree::{InodeId, Tree};
use super::{Counts, Options};
use crate::Dice;

#[derive(Debug)]
pub struct Machine {
    pub options: Options,
    pub tree: Tree,
    pub inodes: BTreeMap<InodeId, Inode>,
    inode_next: InodeId,
    pub faults: Faults,
    /// Chances within one life of the machine.
    pub dice: Dice,
}

impl Machine {
    pub fn new(options: Options, seed: u64) -> Self {
        Self {
            options,
            tree: Tree::new(),
            inodes: BTreeMap::new(),
            inode_next: 1,
            faults: Faults::default(),
            dice: Dice::new(seed),
        }
    }

    pub fn check_on(&self) -> io::Result<()> {
        if self.faults.off { Err(off()) } else { Ok(()) }
    }

    /// Asks what becomes of a change, and does it unless the device errs.
    pub fn change<T>(
        &mut self,
        deed: Deed,
        path: &str,
        act: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        match self.faults.judge(deed, path)? {
            Verdict::Fail => Err(device_error()),
            Verdict::Die => act(self).and_then(|_| Err(off())),
            Verdict::Go | Verdict::Skip => act(self),
        }
    }

    pub fn inode(&mut self, id: InodeId) -> io::Result<&mut Inode> {
        self.inodes.get_mut(&id).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub fn create(&mut self, path: &str) -> io::Result<InodeId> {
        let id = self.inode_next;
        self.tree.create(path, id)?;
        self.inode_next += 1;
        self.inodes.insert(id, Inode::default());
        Ok(id)
    }

    pub fn write(&mut self, id: InodeId, buf: &[u8], offset: u64) -> io::Result<()> {
        let len = buf.len() as u64;
        self.require_room(id, offset, len)?;
        self.faults.counts.bytes_written += len;
        self.inode(id)?.write(buf, offset);
        Ok(())
    }

    pub fn allocate(&mut self, id: InodeId, len: u64) -> io::Result<()> {
        self.require_room(id, 0, len)?;
        self.inode(id)?.allocate(len);
        Ok(())
    }

    pub fn sync_file(&mut self, deed: Deed, id: InodeId, path: &str) -> io::Result<()> {
        match self.faults.judge(deed, path)? {
            Verdict::Skip => Ok(()),
            Verdict::Die => Err(off()),
            Verdict::Fail => {
                let dice = self.dice.fork();
                self.inode(id)?.lose_pending(&dice);
                Err(device_error())
            }
            Verdict::Go => {
                let strict = self.options.data_sync_forgets_length && deed == Deed::SyncData;
                let reach = if strict { SyncReach::Data } else { SyncReach::DataAndLength };
                self.inode(id)?.sync(reach);
                Ok(())
            }
        }
    }

    pub fn sync_dir(&mut self, path: &str) -> io::Result<()> {
        match self.faults.judge(Deed::SyncDir, path)? {
            Verdict::Skip => Ok(()),
            Verdict::Die => Err(off()),
            Verdict::Fail => Err(device_error()),
            Verdict::Go => self.tree.sync(path),
        }
    }

    pub fn space(&self) -> Space {
        let total_bytes = self.options.capacity_bytes;
        Space { total_bytes, available_bytes: total_bytes.saturating_sub(self.used_bytes()) }
    }

    fn used_bytes(&self) -> u64 {
        let linked: BTreeSet<InodeId> = self.tree.files().collect();
        let pages: u64 = linked
            .iter()
            .filter_map(|id| self.inodes.get(id))
            .map(|inode| inode.live.pages_allocated())
            .sum();
        pages * PAGE_BYTES as u64
    }

    fn require_room(&mut self, id: InodeId, offset: u64, len: u64) -> io::Result<()> {
        let wanted = self.inode(id)?.live.pages_missing(offset, len) * PAGE_BYTES as u64;
        if wanted > 0 && wanted > self.space().available_bytes {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    pub fn copy(&self) -> Self {
        let mut copy = Self::new(self.options, 0);
        copy.inode_next = self.inode_next;
        copy.tree = self.tree.clone();
        copy.inodes = self.inodes.clone();
        copy
    }

    /// Takes the state away for another program on the same running machine.
    pub fn restart(&mut self, seed: u64) -> Self {
        self.faults.off = true;
        let mut after = Self::new(self.options, seed);
        after.inode_next = self.inode_next;
        after.tree = std::mem::replace(&mut self.tree, Tree::new());
        after.inodes = std::mem::take(&mut self.inodes);
        after
    }

    /// Takes the state away, as the machine finds it when it is switched on again.
    pub fn crash(&mut self, seed: u64) -> Self {
        let dice = Dice::new(seed);
        let mut after = self.restart(dice.seed());
        after.tree.crash(&dice);
        let kept: BTreeSet<InodeId> = after.tree.files().collect();
        after.inodes.retain(|id, _| kept.contains(id));
        for inode in after.inodes.values_mut() {
            inode.crash(&dice, self.options.torn_sectors_are_garbage);
        }
        after
    }

    pub fn counts(&self) -> Counts {
        self.faults.counts
    }
}
