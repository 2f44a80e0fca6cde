//! Which pages are taken: bitmaps in memory, and their form in the file.
//!
//! A page is *used* when the tree as of now refers to it; that is what the file's bitmaps say. It is *busy* also
//! while an older moment refers to it, be it a reader's or the last durable one. Only what is not busy is given out.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use world::DiskFile;

use super::bits::{Bits, Run};
use super::meta::{REGIONS_MAX, SLOT_PAGES, SLOTS};
use super::piece::{PAGE_BYTES, Piece};
use crate::Fault;

/// Pages that share a bitmap.
pub const REGION_PAGES: u32 = 1 << 17;
const BITMAP_PAGES: u32 = REGION_PAGES / 8 / PAGE_BYTES as u32;
/// Of each region, where its two bitmaps lie; the first region has the meta records before them.
const BITMAPS: Range<u32> = SLOTS * SLOT_PAGES..SLOTS * SLOT_PAGES + 2 * BITMAP_PAGES;
/// What a file has at least.
pub const PAGES_MIN: u32 = BITMAPS.end;
const REGION_WORDS: usize = REGION_PAGES as usize / 64;

pub struct Space {
    used: Bits,
    busy: Bits,
    /// The file's length.
    pages: u32,
    /// Whether it has changed since the last sync that covers it.
    length_is_new: bool,
    /// Where the search for single pages goes on, and that for runs.
    next: u32,
    next_run: u32,
    /// No run of so many pages is free, as far as this transaction knows.
    fruitless: u32,
    /// The transaction's.
    taken: Vec<Run>,
    freed: Vec<Run>,
    /// Regions whose bitmap in the file is not that in memory.
    dirty: BTreeSet<u32>,
}

impl Space {
    /// As the file's bitmaps say.
    pub fn load(file: &dyn DiskFile, regions: &[Piece], pages: u32) -> Result<Self, Fault> {
        let mut space = Self::empty(pages);
        for (region, piece) in regions.iter().enumerate().filter(|(_, piece)| piece.bytes > 0) {
            let start = region as u32 * REGION_PAGES;
            let slots = [start + BITMAPS.start, start + BITMAPS.start + BITMAP_PAGES];
            if !slots.contains(&piece.page) || piece.pages() > BITMAP_PAGES {
                return Err(piece.corrupt("not a region's bitmap"));
            }
            let bytes = piece.read(file)?;
            space.used.cover(start + REGION_PAGES);
            let words = &mut space.used.0[region * REGION_WORDS..];
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
                *word |= u64::from_le_bytes(*bytes);
            }
        }
        space.busy = space.used.clone();
        Ok(space)
    }

    /// With nothing taken but what has its fixed place.
    pub fn empty(pages: u32) -> Self {
        let mut space = Self {
            used: Bits::default(),
            busy: Bits::default(),
            pages: 0,
            length_is_new: false,
            next: 0,
            next_run: 0,
            fruitless: u32::MAX,
            taken: Vec::new(),
            freed: Vec::new(),
            dirty: BTreeSet::new(),
        };
        space.used.set(0..BITMAPS.start);
        space.grow(pages);
        space
    }

    /// With the bitmaps made anew from all that the tree refers to.
    pub fn rebuilt(pages: u32, referred: impl IntoIterator<Item = Piece>) -> Self {
        let mut space = Self::empty(pages);
        for piece in referred {
            space.used.set(piece.page.min(pages)..piece.page.saturating_add(piece.pages()).min(pages));
        }
        space.busy = space.used.clone();
        space.soil(&(0..pages));
        space
    }

    pub const fn pages(&self) -> u32 {
        self.pages
    }

    /// One after the last page that anyone needs. Nobody needs the bitmaps of a region that has nothing else.
    pub fn end(&self) -> u32 {
        let mut end = self.pages;
        while let Some(last) = self.busy.last_set_before(end) {
            let start = last - last % REGION_PAGES;
            let bitmaps = start + BITMAPS.start..start + BITMAPS.end;
            if !bitmaps.contains(&last) || start == 0 {
                return (last + 1).max(PAGES_MIN);
            }
            end = bitmaps.start;
            if self.busy.last_set_before(end).is_some_and(|before| before >= start) {
                return bitmaps.end;
            }
        }
        PAGES_MIN
    }

    /// So many pages, or enough for the bitmaps of the last region.
    pub fn with_bitmaps(pages: u32) -> u32 {
        let last = pages - pages % REGION_PAGES;
        if pages == last { pages } else { pages.max(last + BITMAPS.end) }
    }

    /// Regions of a file of so many pages.
    pub const fn regions(pages: u32) -> usize {
        pages.div_ceil(REGION_PAGES) as usize
    }

    pub fn used_pages(&self) -> u64 {
        self.used.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The file is longer now.
    pub fn grow(&mut self, pages: u32) {
        let first = self.pages.div_ceil(REGION_PAGES);
        self.pages = self.pages.max(pages);
        self.used.cover(self.pages.next_multiple_of(REGION_PAGES));
        self.busy.cover(self.pages.next_multiple_of(REGION_PAGES));
        for region in first..self.pages.div_ceil(REGION_PAGES) {
            let start = region * REGION_PAGES;
            self.used.set(start + BITMAPS.start..start + BITMAPS.end);
        }
        if first == 0 {
            self.busy = self.used.clone();
        } else {
            let start = first * REGION_PAGES;
            (start..self.pages).step_by(REGION_PAGES as usize).for_each(|start| {
                self.busy.set(start + BITMAPS.start..start + BITMAPS.end);
            });
        }
        self.fruitless = u32::MAX;
    }

    /// The file is to be shorter; nobody needs what goes.
    pub fn shrink(&mut self, pages: u32) {
        let gone = pages..self.pages.next_multiple_of(REGION_PAGES);
        self.used.clear(gone.clone());
        self.busy.clear(gone);
        self.pages = pages;
    }

    /// Its length differs from what the device may have.
    pub const fn note_length(&mut self) {
        self.length_is_new = true;
    }

    pub const fn length_is_new(&self) -> bool {
        self.length_is_new
    }

    /// The port promises a changed length only after the greater sync: whoever changed it, and whatever became of that.
    pub fn sync(&mut self, file: &dyn DiskFile) -> io::Result<()> {
        if !self.length_is_new {
            return file.sync_data();
        }
        file.sync_all()?;
        self.length_is_new = false;
        Ok(())
    }

    /// The lowest free pages in a row; `None` when the file has to grow.
    pub fn take(&mut self, count: u32) -> Option<u32> {
        if count >= self.fruitless {
            return None;
        }
        let from = if count == 1 { self.next } else { self.next_run };
        let Some(start) = self.busy.find_clear(from, count, self.pages) else {
            self.fruitless = count;
            return None;
        };
        let run = start..start + count;
        if count == 1 {
            self.next = run.end;
        } else {
            self.next_run = run.end;
        }
        self.used.set(run.clone());
        self.busy.set(run.clone());
        self.soil(&run);
        self.taken.push(run);
        Some(start)
    }

    /// The new tree no longer refers to this piece.
    pub fn free(&mut self, piece: Piece) -> Result<(), Fault> {
        let run = piece.page..piece.page.saturating_add(piece.pages());
        if run.end > self.pages || !self.used.all_set(run.clone()) {
            return Err(piece.corrupt("in the tree, and free in the bitmap"));
        }
        self.used.clear(run.clone());
        self.soil(&run);
        self.freed.push(run);
        Ok(())
    }

    /// A transaction begins: what another one left half done is undone.
    pub fn begin(&mut self) {
        self.abort();
        (self.next, self.next_run, self.fruitless) = (0, 0, u32::MAX);
    }

    /// Nothing of the transaction is in the file's records.
    pub fn abort(&mut self) {
        for taken in self.doubt() {
            self.busy.clear(taken);
        }
    }

    /// The transaction may or may not be durable: neither what it took nor what it freed may be written over. The
    /// answer is what it took.
    pub fn doubt(&mut self) -> Vec<Run> {
        self.freed.drain(..).for_each(|freed| self.used.set(freed));
        let taken = std::mem::take(&mut self.taken);
        taken.iter().for_each(|taken| self.used.clear(taken.clone()));
        taken
    }

    /// The transaction is durable. The answer is what it freed: to be released when its last reader is gone.
    pub fn commit(&mut self) -> Vec<Run> {
        self.taken.clear();
        self.dirty.clear();
        std::mem::take(&mut self.freed)
    }

    pub fn release(&mut self, runs: Vec<Run>) {
        runs.into_iter().for_each(|run| self.busy.clear(run));
    }

    /// Writes the changed bitmaps beside their durable ones. The answer is where all of them are.
    pub fn write_bitmaps(&self, file: &dyn DiskFile, durable: &[Piece]) -> Result<Vec<Piece>, Fault> {
        let mut regions = durable.to_vec();
        regions.resize(Self::regions(self.pages), Piece::default());
        for region in &self.dirty {
            let (start, at) = (region * REGION_PAGES + BITMAPS.start, *region as usize);
            let Some(piece) = regions.get_mut(at) else { continue };
            let page = if piece.page == start { start + BITMAP_PAGES } else { start };
            let words = &self.used.0[at * REGION_WORDS..][..REGION_WORDS];
            let filled = words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
            let bytes: Vec<u8> = words[..filled].iter().flat_map(|word| word.to_le_bytes()).collect();
            *piece = Piece::of(page, &bytes);
            file.write_all_at(&bytes, piece.offset()).map_err(Fault::io("writing the index's bitmaps"))?;
        }
        Ok(regions)
    }

    fn soil(&mut self, run: &Run) {
        self.dirty.extend(run.start / REGION_PAGES..run.end.div_ceil(REGION_PAGES));
    }
}

/// Pages that a file may have at most.
pub const PAGES_MAX: u32 = REGIONS_MAX as u32 * REGION_PAGES;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bitmaps_of_regions_that_have_nothing_else_are_nobodys_end() {
        let mut space = Space::empty(3 * REGION_PAGES + 9);
        assert_eq!(space.end(), PAGES_MIN);
        let piece = |page| Piece { page, bytes: 1, sum: 0 };
        for (page, end) in
            [(REGION_PAGES + 3, REGION_PAGES + PAGES_MIN), (3 * REGION_PAGES - 1, 3 * REGION_PAGES)]
        {
            space.begin();
            space.next = page;
            assert_eq!(space.take(1), Some(page));
            space.commit();
            assert_eq!(space.end(), end);
            space.begin();
            space.free(piece(page)).unwrap();
            let freed = space.commit();
            assert_eq!(space.end(), end, "a reader may be there");
            space.release(freed);
            assert_eq!(space.end(), PAGES_MIN);
        }
        space.shrink(PAGES_MIN + 1);
        assert_eq!(space.used_pages(), u64::from(PAGES_MIN));
        space.grow(2 * REGION_PAGES);
        space.begin();
        assert_eq!(space.take(REGION_PAGES - PAGES_MIN), Some(PAGES_MIN));
        assert_eq!(space.take(25), Some(REGION_PAGES + PAGES_MIN), "behind the bitmaps of the next region");
    }

    #[test]
    fn what_a_transaction_frees_is_not_given_out_before_it_is_released() {
        let mut space = Space::empty(PAGES_MIN + 4);
        space.begin();
        let first = space.take(2).unwrap();
        assert_eq!(first, PAGES_MIN);
        assert!(space.commit().is_empty());
        let piece = Piece { page: first, bytes: 2 * PAGE_BYTES as u32, sum: 0 };
        space.begin();
        space.free(piece).unwrap();
        assert!(space.free(piece).is_err(), "freed twice");
        assert_eq!(space.take(2), Some(first + 2));
        assert_eq!(space.take(1), None);
        space.abort();
        space.begin();
        space.free(piece).unwrap();
        let freed = space.commit();
        space.begin();
        assert_eq!(space.take(3), None);
        space.release(freed);
        space.begin();
        assert_eq!(space.take(3), Some(first));
    }
}
