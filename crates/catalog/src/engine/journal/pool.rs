//! The journal's segment files: made ahead of need, zeroed once, recycled for ever.
//!
//! A sync of a growing file also commits the file system's own journal; one of written blocks does not. And a
//! spare made ahead is what lets deletes go on when the disk is full. The pool knows nothing about frames.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use world::{Disk, DiskFile};

use super::frame::ALIGN;
use crate::Fault;
use crate::engine::Options;

pub(crate) const DIRECTORY: &str = "journal";
pub(crate) const SUFFIX: &str = ".seg";
/// A file that is still being zeroed; the next open removes it.
pub(crate) const SUFFIX_NEW: &str = ".new";
const ZERO_STEP_BYTES: usize = 1 << 20;

#[derive(Clone)]
pub(crate) struct Segment {
    number: u64,
    pub name: String,
    pub file: Arc<dyn DiskFile>,
    pub bytes: u64,
}

/// A segment that takes no more frames; it is free once everything up to `last` is in the index.
struct Retired {
    segment: Segment,
    last: u64,
}

#[derive(Default)]
struct Held {
    spares: Vec<Segment>,
    retired: Vec<Retired>,
    /// To be deleted.
    doomed: Vec<Segment>,
    /// Segments with a lower number are deleted once they are free.
    kept_from: u64,
    next_number: u64,
    /// The largest segment that there is: new ones are twice that.
    largest_bytes: u64,
}

pub(crate) struct Pool {
    disk: Arc<dyn Disk>,
    options: Options,
    held: Mutex<Held>,
    /// One provision at a time, without holding up `take`.
    provisioning: Mutex<()>,
}

impl Pool {
    /// The pool, and every whole segment found, in no particular order.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Vec<Segment>), Fault> {
        let doing = "opening the journal";
        disk.create_dir(DIRECTORY).map_err(Fault::io(doing))?;
        disk.sync_dir("").map_err(Fault::io(doing))?;
        let mut held = Held { next_number: 1, ..Held::default() };
        let mut found = Vec::new();
        for name in disk.list(DIRECTORY).map_err(Fault::io(doing))? {
            if name.ends_with(SUFFIX_NEW) {
                disk.remove(&path(&name)).map_err(Fault::io(doing))?;
                continue;
            }
            let number = name.strip_suffix(SUFFIX).and_then(|stem| stem.parse::<u64>().ok());
            // Behind each of ours there is a next number.
            let Some(number) = number.filter(|number| *number < u64::MAX) else {
                return Err(Fault::corrupt(path(&name), "not a file of the journal"));
            };
            let file = disk.open(&path(&name)).map_err(Fault::io(doing))?;
            // A program that was killed left a last batch that only memory has, or the withdrawal of one. Both stand
            // before a segment is recycled: else what told how far the journal reached is gone, or two batches do.
            file.sync_data().map_err(Fault::io(doing))?;
            let bytes = file.len().map_err(Fault::io(doing))? / ALIGN as u64 * ALIGN as u64;
            held.next_number = held.next_number.max(number + 1);
            held.largest_bytes = held.largest_bytes.max(bytes);
            found.push(Segment { number, name, file, bytes });
        }
        // A program that was killed between naming a segment and syncing the name left a name that only memory has.
        disk.sync_dir(DIRECTORY).map_err(Fault::io(doing))?;
        let pool = Self { disk, options, held: Mutex::new(held), provisioning: Mutex::default() };
        Ok((pool, found))
    }

    /// The largest spare that holds `bytes`.
    pub fn take(&self, bytes: u64) -> Option<Segment> {
        let mut held = self.held();
        let fitting = held.spares.iter().enumerate().filter(|(_, spare)| spare.bytes >= bytes);
        let place = fitting.max_by_key(|(_, spare)| spare.bytes).map(|(place, _)| place)?;
        Some(held.spares.swap_remove(place))
    }

    pub fn give_back(&self, segment: Segment) {
        self.held().free(segment);
    }

    pub fn retire(&self, segment: Segment, last: u64) {
        self.held().retired.push(Retired { segment, last });
    }

    /// Frees the segments that hold nothing after `applied`.
    pub fn recycle(&self, applied: u64) {
        let mut held = self.held();
        let free: Vec<_> = held.retired.extract_if(.., |retired| retired.last <= applied).collect();
        free.into_iter().for_each(|retired| held.free(retired.segment));
    }

    /// Changes what the disk is, by `change`: the segments made before are not used again.
    pub fn renew(&self, change: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
        let _one = self.provisioning.lock().unwrap_or_else(PoisonError::into_inner);
        change()?;
        let mut held = self.held();
        held.kept_from = held.next_number;
        let spares = std::mem::take(&mut held.spares);
        held.doomed.extend(spares);
        Ok(())
    }

    /// Deletes what is not to be used again, and spares beyond the number to keep, the smallest first.
    pub fn trim(&self) -> Result<(), Fault> {
        let mut surplus;
        {
            let mut held = self.held();
            surplus = std::mem::take(&mut held.doomed);
            held.spares.sort_by_key(|spare| std::cmp::Reverse(spare.bytes));
            let kept = self.options.spares_max.max(self.options.spares_min);
            if held.spares.len() > kept {
                surplus.extend(held.spares.split_off(kept));
            }
        }
        for segment in surplus {
            self.disk.remove(&path(&segment.name)).map_err(Fault::io("deleting a spare segment"))?;
        }
        Ok(())
    }

    /// Makes spares until there are enough, and one of them holds `bytes`.
    pub fn provision(&self, bytes: u64) -> Result<(), Fault> {
        let _one = self.provisioning.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (number, size) = {
                let mut held = self.held();
                let fits = held.spares.iter().any(|spare| spare.bytes >= bytes);
                if fits && held.spares.len() >= self.options.spares_min {
                    return Ok(());
                }
                let size = self.next_size(&held).max(bytes).next_multiple_of(ALIGN as u64);
                held.next_number += 1;
                (held.next_number - 1, size)
            };
            let segment = self.make(number, size)?;
            let mut held = self.held();
            held.largest_bytes = held.largest_bytes.max(size);
            held.spares.push(segment);
        }
    }

    fn next_size(&self, held: &Held) -> u64 {
        let Options { segment_bytes_first, segment_bytes_max, .. } = self.options;
        // The first two are of the first size, so that a data directory that is hardly used stays light.
        match held.next_number {
            ..=2 => segment_bytes_first,
            _ => (held.largest_bytes * 2).clamp(segment_bytes_first, segment_bytes_max),
        }
    }

    fn make(&self, number: u64, bytes: u64) -> Result<Segment, Fault> {
        let name = format!("{number:08}{SUFFIX}");
        let temporary = path(&format!("{number:08}{SUFFIX_NEW}"));
        let made = self.zeroed(&temporary, bytes);
        if made.is_err() {
            // Its space is wanted back at once; what this cannot remove, the next open does.
            let _ = self.disk.remove(&temporary);
        }
        let file = made.map_err(Fault::io("making a journal segment"))?;
        self.disk
            .rename(&temporary, &path(&name))
            .and_then(|()| self.disk.sync_dir(DIRECTORY))
            .map_err(Fault::io("naming a journal segment"))?;
        Ok(Segment { number, name, file, bytes })
    }

    fn zeroed(&self, temporary: &str, bytes: u64) -> std::io::Result<Arc<dyn DiskFile>> {
        let file = self.disk.create(temporary)?;
        file.allocate(bytes)?;
        let zeros = vec![0; ZERO_STEP_BYTES];
        let mut at = 0;
        while at < bytes {
            let step = (bytes - at).min(ZERO_STEP_BYTES as u64);
            file.write_all_at(&zeros[..step as usize], at)?;
            at += step;
        }
        file.sync_all()?;
        Ok(file)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn free(&mut self, segment: Segment) {
        let kept = segment.number >= self.kept_from;
        if kept { self.spares.push(segment) } else { self.doomed.push(segment) }
    }
}

pub(crate) fn path(name: &str) -> String {
    format!("{DIRECTORY}/{name}")
}
