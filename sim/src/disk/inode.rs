//! One file: what programs see of it, what the device surely has of it, and the changes between the two.
//!
//! A change keeps the page as it was right after it. Whichever changes of a sector a crash keeps, the sector then
//! holds what the page cache held at one moment, as with a real write-back.

use std::ops::Range;

use super::image::{Image, PAGE_BYTES, Page, SECTORS_PER_PAGE, page_span, sector_mask, touches};
use super::tear::Tear;
use crate::Dice;

#[derive(Clone, Debug, Default)]
pub struct Inode {
    pub live: Image,
    pub durable: Image,
    pending: Vec<Change>,
    /// Numbers the calls, so that a crash can treat one call's pages alike.
    calls: u64,
    /// Ranges that the device cannot read any more.
    pub unreadable: Vec<Range<u64>>,
}

#[derive(Clone, Debug)]
enum Change {
    /// Some sectors of a page were written.
    Sectors {
        call: u64,
        page: u64,
        mask: u8,
        after: Page,
    },
    /// A page was punched out.
    Hole(u64),
    Length(u64),
}

impl Change {
    const fn is_metadata(&self) -> bool {
        matches!(self, Self::Hole(_) | Self::Length(_))
    }
}

/// What a sync promises about the length of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncReach {
    Data,
    DataAndLength,
}

impl Inode {
    pub fn write(&mut self, buf: &[u8], offset: u64) {
        self.calls += 1;
        self.overwrite(buf, offset);
        let end = offset + buf.len() as u64;
        if end > self.live.len && !buf.is_empty() {
            self.live.len = end;
            self.pending.push(Change::Length(end));
        }
    }

    fn overwrite(&mut self, buf: &[u8], offset: u64) {
        for touch in touches(offset, buf.len()) {
            let bytes = &buf[touch.at..touch.at + touch.within.len()];
            let after = self.live.overwrite(&touch, bytes);
            let mask = sector_mask(&touch.within);
            self.pending.push(Change::Sectors { call: self.calls, page: touch.page, mask, after });
        }
    }

    pub fn set_len(&mut self, len: u64) {
        self.calls += 1;
        if len == self.live.len {
            return;
        }
        let cut = self.live.set_len(len);
        if let Some((page, after)) = cut {
            let within = usize::try_from(len % PAGE_BYTES as u64).unwrap_or(0);
            let mask = sector_mask(&(within..PAGE_BYTES));
            self.pending.push(Change::Sectors { call: self.calls, page, mask, after });
        }
        self.pending.push(Change::Length(len));
    }

    pub fn allocate(&mut self, len: u64) {
        self.calls += 1;
        for page in self.live.allocate(0, len) {
            if let Some(after) = self.live.page(page).cloned() {
                self.pending.push(Change::Sectors { call: self.calls, page, mask: u8::MAX, after });
            }
        }
        if len > self.live.len {
            self.live.len = len;
            self.pending.push(Change::Length(len));
        }
    }

    /// Whole pages become holes; the edges are written with zeros. From the end to the start, as ext4 and XFS do.
    pub fn punch(&mut self, offset: u64, len: u64) {
        self.calls += 1;
        for page in page_span(offset, len).rev() {
            let start = page * PAGE_BYTES as u64;
            let first = offset.max(start);
            let end = (offset + len).min(start + PAGE_BYTES as u64);
            if self.live.page(page).is_none() {
                continue;
            }
            if end - first == PAGE_BYTES as u64 {
                self.live.set_page(page, None);
                self.pending.push(Change::Hole(page));
            } else {
                let zeros = vec![0; usize::try_from(end - first).unwrap_or(0)];
                self.overwrite(&zeros, first);
            }
        }
    }

    /// Makes everything written so far durable.
    pub fn sync(&mut self, reach: SyncReach) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                // Later changes of the page are part of the same sync, so its newest content is what lands.
                Change::Hole(page) => self.durable.set_page(page, None),
                Change::Sectors { page, .. } => {
                    self.durable.set_page(page, self.live.page(page).cloned());
                }
                Change::Length(len) if reach == SyncReach::DataAndLength => {
                    self.durable.set_len(len);
                }
                Change::Length(len) => self.pending.push(Change::Length(len)),
            }
        }
        if reach == SyncReach::DataAndLength {
            self.durable.len = self.live.len;
        }
    }

    /// The kernel dropped the data that it could not write: some of it landed, and no later sync will write the rest.
    /// Lengths and holes are in the file system's journal and still wait for a sync.
    pub fn lose_pending(&mut self, dice: &Dice) {
        let (metadata, data) = std::mem::take(&mut self.pending).into_iter().partition(Change::is_metadata);
        self.pending = data;
        self.settle(dice, false);
        self.pending = metadata;
    }

    /// The power went: what was pending landed in part, by chance.
    pub fn crash(&mut self, dice: &Dice, garbage: bool) {
        self.settle(dice, garbage);
        self.durable.trim();
        self.live = self.durable.clone();
    }

    fn settle(&mut self, dice: &Dice, garbage: bool) {
        let changes = std::mem::take(&mut self.pending);
        let metadata = changes.iter().filter(|change| change.is_metadata()).count();
        // Lengths and holes go through the file system's journal in order: a prefix of them landed.
        let mut metadata_left = [0, metadata, dice.index(metadata + 1)][dice.index(3)];
        let mut tear = Tear::draw(dice);
        for change in changes {
            let landed = metadata_left > 0;
            metadata_left -= usize::from(landed && change.is_metadata());
            match change {
                Change::Length(len) if landed => drop(self.durable.set_len(len)),
                Change::Hole(page) if landed => self.durable.set_page(page, None),
                Change::Length(_) | Change::Hole(_) => {}
                Change::Sectors { call, page, mask, after } => {
                    let kept = tear.sectors(call, mask, dice);
                    self.durable.take_sectors(page, &after, kept);
                    if garbage {
                        self.spoil(page, mask & !kept, dice);
                    }
                }
            }
        }
    }

    /// A device that does not keep sectors whole: one that was being written holds neither old nor new.
    fn spoil(&mut self, page: u64, mask: u8, dice: &Dice) {
        for sector in (0..SECTORS_PER_PAGE).filter(|sector| mask & 1 << sector != 0) {
            if dice.chance(20) {
                let noise: Page = std::sync::Arc::new(std::array::from_fn(|_| dice.below(256) as u8));
                self.durable.take_sectors(page, &noise, 1 << sector);
            }
        }
    }
}
