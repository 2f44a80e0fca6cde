//! An open file of a simulated disk.

use std::io;

use world::DiskFile;

use super::SimDisk;
use super::fault::{Deed, device_error};
use super::image::page_span;
use super::tree::InodeId;

pub struct SimFile {
    pub disk: SimDisk,
    pub inode: InodeId,
    /// The name by which it was opened; planted bugs choose by it.
    pub path: String,
}

impl SimFile {
    fn read(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.disk.with(|machine| {
            machine.check_on()?;
            let inode = machine.inode(self.inode)?;
            let end = offset.saturating_add(buf.len() as u64);
            if end > inode.live.len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if inode.unreadable.iter().any(|range| range.start < end && offset < range.end) {
                return Err(device_error());
            }
            inode.live.read(buf, offset);
            Ok(())
        })
    }
}

impl DiskFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        self.disk.with(|machine| {
            machine.check_on()?;
            Ok(machine.inode(self.inode)?.live.len)
        })
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.read(buf, offset)
    }

    /// Some pages are in memory and some are not, the same ones in every run.
    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        if page_span(offset, buf.len() as u64).any(|page| page % 3 == 0) {
            buf.fill(0xEE);
            return Ok(false);
        }
        match self.read(buf, offset) {
            Ok(()) => Ok(true),
            // The cache answers what it has; a short file is the caller's to find out.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.disk.with(|machine| {
            machine.change(Deed::Write, &self.path, |machine| machine.write(self.inode, buf, offset))
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.with(|machine| machine.sync_file(Deed::SyncData, self.inode, &self.path))
    }

    fn sync_all(&self) -> io::Result<()> {
        self.disk.with(|machine| machine.sync_file(Deed::SyncAll, self.inode, &self.path))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.with(|machine| {
            machine.change(Deed::SetLen, &self.path, |machine| {
                machine.inode(self.inode)?.set_len(len);
                Ok(())
            })
        })
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.disk.with(|machine| {
            machine.change(Deed::Allocate, &self.path, |machine| machine.allocate(self.inode, len))
        })
    }

    fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        self.disk.with(|machine| {
            machine.change(Deed::Punch, &self.path, |machine| {
                if machine.options.cannot_punch {
                    return Err(io::ErrorKind::Unsupported.into());
                }
                machine.inode(self.inode)?.punch(offset, len);
                Ok(())
            })
        })
    }
}
