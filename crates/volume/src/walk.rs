//! Walks over a volume's records by their headers.
//!
//! Two gaits. `Walk` goes over all that lies before a known end and names holes and garbage as it meets them.
//! `find_end` looks for an unknown end and stops at the first place that doesn't continue the story.

use std::collections::BTreeMap;

use crate::fault::Fault;
use crate::format::record_header::{RECORD_HEADER_BYTES, RecordHeader, Sight};
use crate::format::{BLOCK_BYTES, Mismatch, hole};
use crate::read::verify_record;
use crate::volume::{Volume, VolumeFile};

/// Read at once while hopping over small records, which lie close together.
const WINDOW_BYTES_NEAR: u64 = 64 * 1024;
/// Read at once while hopping over large ones.
const WINDOW_BYTES_FAR: u64 = 4096;
/// Hops longer than this are far.
const HOP_BYTES_NEAR: u64 = 16 * 1024;
/// How far a broken story is followed: some records of the longest.
const RESUME_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Headers out of one buffer, read anew when the walk leaves it.
struct Window<'a> {
    file: &'a VolumeFile,
    limit: u64,
    start: u64,
    bytes: Vec<u8>,
    previous: u64,
}

impl<'a> Window<'a> {
    const fn new(file: &'a VolumeFile, limit: u64) -> Self {
        Self { file, limit, start: 0, bytes: Vec::new(), previous: 0 }
    }

    /// What lies at `offset`; a place too close to the limit for a header is nothing.
    fn sight(&mut self, offset: u64) -> Result<Sight, Fault> {
        if offset + RECORD_HEADER_BYTES as u64 > self.limit {
            return Ok(Sight::Nothing);
        }
        let inside = offset >= self.start
            && offset + RECORD_HEADER_BYTES as u64 <= self.start + self.bytes.len() as u64;
        let hop = offset.abs_diff(self.previous);
        self.previous = offset;
        if !inside {
            let window = if hop > HOP_BYTES_NEAR { WINDOW_BYTES_FAR } else { WINDOW_BYTES_NEAR };
            self.bytes.resize(window.min(self.limit - offset) as usize, 0);
            self.start = offset;
            let mut read = self.file.read(&mut self.bytes, offset);
            if read.as_ref().is_err_and(Fault::is_corruption) {
                // The file was cut short: what lies before the cut is still told.
                self.bytes.truncate(RECORD_HEADER_BYTES);
                read = self.file.read(&mut self.bytes, offset);
            }
            if let Err(fault) = read {
                self.bytes.clear();
                return Err(fault);
            }
        }
        let at = (offset - self.start) as usize;
        let mut header = [0; RECORD_HEADER_BYTES];
        header.copy_from_slice(&self.bytes[at..at + RECORD_HEADER_BYTES]);
        Ok(RecordHeader::decode(&header, self.file.seed, offset))
    }

    /// Where a dead record ends that a note in its hole tells of. After `sight` of the same place.
    fn noted_end(&self, offset: u64) -> Option<u64> {
        let note = self.bytes.get((offset - self.start) as usize + RECORD_HEADER_BYTES..)?;
        let end = hole::decode(note.first_chunk()?, self.file.seed, offset)?;
        (end <= self.limit).then_some(end)
    }
}

#[derive(Debug)]
pub(crate) enum Met {
    Record(RecordHeader),
    /// A record that the graves or a note in its place name, whatever is left of it.
    Dead,
    /// Zeros up to `end`: deleted records.
    Hole,
    /// Neither a record nor zeros.
    Garbage(Mismatch),
}

#[derive(Debug)]
pub(crate) struct Stretch {
    pub start: u64,
    pub end: u64,
    pub met: Met,
}

/// Everything from `at` to a known end, without gaps between the stretches.
pub(crate) struct Walk<'a> {
    window: Window<'a>,
    dead: BTreeMap<u64, u64>,
    at: u64,
    end: u64,
    /// Where a hole or garbage is cut in two, so that no step takes long.
    pause: u64,
}

impl<'a> Walk<'a> {
    /// `dead` says which records are known to be dead: where they begin and end.
    pub const fn new(file: &'a VolumeFile, dead: BTreeMap<u64, u64>, start: u64, end: u64) -> Self {
        Self { window: Window::new(file, end), dead, at: start, end, pause: end }
    }

    pub const fn pause_at(mut self, pause: u64) -> Self {
        self.pause = pause;
        self
    }

    pub fn step(&mut self) -> Result<Option<Stretch>, Fault> {
        if self.at >= self.end {
            return Ok(None);
        }
        let start = self.at;
        if let Some(end) = self.dead.get(&start) {
            self.at = *end;
            return Ok(Some(Stretch { start, end: self.at, met: Met::Dead }));
        }
        let met = match self.window.sight(start)? {
            Sight::Record(header) if start + header.extent_bytes() <= self.end => {
                self.at += header.extent_bytes();
                Met::Record(header)
            }
            Sight::Record(_) => self.skip(Met::Garbage(Mismatch::new("a record", "one beyond the end")))?,
            Sight::Nothing => match self.window.noted_end(start) {
                Some(end) => {
                    self.at = end;
                    Met::Dead
                }
                None => self.skip(Met::Hole)?,
            },
            Sight::Foreign(mismatch) => self.skip(Met::Garbage(mismatch))?,
        };
        Ok(Some(Stretch { start, end: self.at, met }))
    }

    /// Goes on block by block while the same kind of nothing continues.
    fn skip(&mut self, met: Met) -> Result<Met, Fault> {
        loop {
            self.at = (self.at + BLOCK_BYTES).min(self.end);
            if self.at >= self.end || self.at >= self.pause || self.dead.contains_key(&self.at) {
                return Ok(met);
            }
            let same = match (self.window.sight(self.at)?, &met) {
                (Sight::Nothing, Met::Hole) => self.window.noted_end(self.at).is_none(),
                (Sight::Foreign(_), Met::Garbage(_)) => true,
                (Sight::Record(header), Met::Garbage(_)) => self.at + header.extent_bytes() > self.end,
                _ => false,
            };
            if !same {
                return Ok(met);
            }
        }
    }
}

/// Where an open volume's records end, and how the story stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub end: u64,
    pub sequence: u64,
    pub epoch_first: u64,
    pub epoch_last: u64,
}

/// Goes from `known` on to the end of the last whole batch. Sequences must follow without gaps and epochs never
/// fall, so what an earlier process left unsynced behind the end is not taken up again. Only the last batch of an
/// epoch can be torn inside a payload (an earlier one was synced before the next was written): it alone is read
/// wholly. Not only the very last: a later process cuts off a torn batch and writes over it, and of what it wrote a crash
/// may keep all but the first record, which then seems to follow the torn one.
pub(crate) fn find_end(volume: &Volume, file: &VolumeFile, known: Tail, limit: u64) -> Result<Tail, Fault> {
    let mut window = Window::new(file, limit);
    let (mut before, mut tail) = (known, known);
    while let Some(next) = whole_batch(&mut window, tail)? {
        let rises = next.epoch_last > tail.epoch_last;
        if rises && !batch_is_intact(volume, &mut window, before.end, tail.end)? {
            return Ok(before);
        }
        before = std::mem::replace(&mut tail, next);
    }
    if batch_is_intact(volume, &mut window, before.end, tail.end)? { Ok(tail) } else { Ok(before) }
}

/// Where the story goes on behind an end that is none: what broke it there rotted. Of one epoch a batch was synced before
/// the next was written, and its first began where the story ended then; so two batches of it in a row, behind the end,
/// stand behind nothing that was torn. Looks no further than rot of one record may hide.
pub(crate) fn resume(file: &VolumeFile, tail: Tail, limit: u64) -> Result<Option<Tail>, Fault> {
    let mut window = Window::new(file, limit);
    let mut at = tail.end;
    // Nothing was ever written here.
    if at >= limit || matches!(window.sight(at)?, Sight::Nothing) {
        return Ok(None);
    }
    let until = limit.min(at.saturating_add(RESUME_BYTES_MAX));
    while at < until {
        if let Sight::Record(header) = window.sight(at)?
            && header.epoch >= tail.epoch_last
            && header.sequence > tail.sequence
        {
            let from = Tail { end: at, sequence: header.sequence, epoch_last: header.epoch, ..tail };
            if let Some(first) = whole_batch(&mut window, from)?
                && let Some(second) = whole_batch(&mut window, first)?
                && second.epoch_last == header.epoch
            {
                return Ok(Some(from));
            }
        }
        at += BLOCK_BYTES;
    }
    Ok(None)
}

/// One batch from `tail` on by its headers alone.
fn whole_batch(window: &mut Window<'_>, tail: Tail) -> Result<Option<Tail>, Fault> {
    let mut next = tail;
    let mut expected: Option<(u64, u32)> = None;
    loop {
        let Sight::Record(header) = window.sight(next.end)? else { return Ok(None) };
        let follows = match expected {
            None => header.epoch >= tail.epoch_last,
            Some((epoch, left)) => header.epoch == epoch && header.batch_left == left,
        };
        let end = next.end + header.extent_bytes();
        if !follows || header.sequence != next.sequence || end > window.limit {
            return Ok(None);
        }
        if next.sequence == 0 {
            next.epoch_first = header.epoch;
        }
        next.end = end;
        next.sequence += 1;
        next.epoch_last = header.epoch;
        if header.batch_left == 0 {
            return Ok(Some(next));
        }
        expected = Some((header.epoch, header.batch_left - 1));
    }
}

fn batch_is_intact(volume: &Volume, window: &mut Window<'_>, start: u64, end: u64) -> Result<bool, Fault> {
    let mut at = start;
    while at < end {
        let Sight::Record(header) = window.sight(at)? else { return Ok(false) };
        // A dead record's payload may be punched already, and it was acknowledged before it was deleted.
        if !volume.is_dead(at) {
            match verify_record(window.file, at, &header) {
                // Gone: the page cache has it, the device has not.
                Err(Fault::Gone { .. }) => return Ok(false),
                Err(fault) if fault.is_corruption() => return Ok(false),
                other => other?,
            }
        }
        at += header.extent_bytes();
    }
    Ok(true)
}
