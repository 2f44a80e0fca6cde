//! What goes wrong, and when: death after so many operations, an I/O error, a sync that lies.

use std::io;

/// What changes a device; reads are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    CreateDir,
    Create,
    Rename,
    Remove,
    Write,
    SetLen,
    Allocate,
    Punch,
    SyncData,
    SyncAll,
    SyncDir,
    /// Of another device, whose own state is simulated elsewhere.
    Elsewhere,
}

impl Deed {
    pub const fn is_sync(self) -> bool {
        matches!(self, Self::SyncData | Self::SyncAll | Self::SyncDir)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncKind {
    /// `sync_data` and `sync_all`.
    File,
    Directory,
}

/// A planted bug: syncs that answer well and do nothing.
#[derive(Clone, Debug)]
pub struct SkippedSync {
    pub kind: SyncKind,
    /// Only of files or directories whose path starts so.
    pub path_prefix: String,
    /// Only the n-th such sync, from 0; every one when absent.
    pub nth: Option<u64>,
}

impl SkippedSync {
    /// The whole mistake of a kind: not one of these syncs happens.
    pub fn every(kind: SyncKind, path_prefix: &str) -> Self {
        Self { kind, path_prefix: path_prefix.to_owned(), nth: None }
    }

    pub fn nth(kind: SyncKind, path_prefix: &str, nth: u64) -> Self {
        Self { nth: Some(nth), ..Self::every(kind, path_prefix) }
    }

    fn concerns(&self, deed: Deed, path: &str) -> bool {
        let kind = match deed {
            Deed::SyncData | Deed::SyncAll => SyncKind::File,
            Deed::SyncDir => SyncKind::Directory,
            _ => return false,
        };
        kind == self.kind && path.starts_with(&self.path_prefix)
    }
}

/// How many deeds of which sort were asked of the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub deeds: u64,
    pub writes: u64,
    pub bytes_written: u64,
    pub file_syncs: u64,
    pub directory_syncs: u64,
    pub syncs_skipped: u64,
}

#[derive(Debug, Default)]
pub struct Faults {
    pub counts: Counts,
    pub die_after: Option<u64>,
    pub fail_at: Option<u64>,
    pub skipped: Option<SkippedSync>,
    skippable_seen: u64,
    pub off: bool,
    /// Whether the device has erred.
    pub erred: bool,
}

/// What becomes of one deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// The sync answers well and does nothing.
    Skip,
    /// It may have been under way when the power went: a change may land, a sync answers nobody.
    Die,
    /// The device errs.
    Fail,
}

/// What every call answers once the machine is off.
pub fn off() -> io::Error {
    io::Error::other("the machine is off")
}

pub fn device_error() -> io::Error {
    // EIO, as the kernel says it.
    io::Error::from_raw_os_error(5)
}

impl Faults {
    pub fn judge(&mut self, deed: Deed, path: &str) -> io::Result<Verdict> {
        if self.off {
            return Err(off());
        }
        let number = self.counts.deeds;
        self.count(deed);
        if self.die_after.is_some_and(|deeds| number >= deeds) {
            self.off = true;
            return Ok(Verdict::Die);
        }
        if self.fail_at == Some(number) {
            self.erred = true;
            return Ok(Verdict::Fail);
        }
        if self.lies(deed, path) {
            self.counts.syncs_skipped += 1;
            return Ok(Verdict::Skip);
        }
        Ok(Verdict::Go)
    }

    fn count(&mut self, deed: Deed) {
        self.counts.deeds += 1;
        match deed {
            Deed::Write => self.counts.writes += 1,
            Deed::SyncData | Deed::SyncAll => self.counts.file_syncs += 1,
            Deed::SyncDir => self.counts.directory_syncs += 1,
            _ => {}
        }
    }

    fn lies(&mut self, deed: Deed, path: &str) -> bool {
        let Some(skipped) = self.skipped.as_ref().filter(|skipped| skipped.concerns(deed, path)) else {
            return false;
        };
        let number = self.skippable_seen;
        self.skippable_seen += 1;
        skipped.nth.is_none_or(|nth| nth == number)
    }
}
