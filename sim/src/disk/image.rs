//! A file's content as sparse pages that images share until one of them changes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub const PAGE_BYTES: usize = 4096;
/// What a device writes whole or not at all.
pub const SECTOR_BYTES: usize = 512;
pub const SECTORS_PER_PAGE: usize = PAGE_BYTES / SECTOR_BYTES;

pub type Page = Arc<[u8; PAGE_BYTES]>;

#[derive(Clone, Debug, Default)]
pub struct Image {
    pub len: u64,
    /// Allocated blocks; what is missing reads as zeros.
    pages: BTreeMap<u64, Page>,
}

/// The part of one page that an access touches.
pub struct Touch {
    pub page: u64,
    pub within: Range<usize>,
    /// Where that part lies in the access.
    pub at: usize,
}

/// Cuts the access `offset..offset + len` into pages.
pub fn touches(offset: u64, len: usize) -> impl Iterator<Item = Touch> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at == len {
            return None;
        }
        let position = offset + at as u64;
        let page = position / PAGE_BYTES as u64;
        // The remainder is below PAGE_BYTES.
        let start = usize::try_from(position % PAGE_BYTES as u64).unwrap_or(0);
        let end = PAGE_BYTES.min(start + len - at);
        let touch = Touch { page, within: start..end, at };
        at += end - start;
        Some(touch)
    })
}

/// The sectors of a page that `within` touches, one bit each.
pub fn sector_mask(within: &Range<usize>) -> u8 {
    let sectors = within.start / SECTOR_BYTES..within.end.div_ceil(SECTOR_BYTES);
    sectors.fold(0, |mask, sector| mask | 1 << sector)
}

impl Image {
    pub fn page(&self, page: u64) -> Option<&Page> {
        self.pages.get(&page)
    }

    pub fn set_page(&mut self, page: u64, content: Option<Page>) {
        match content {
            Some(content) => self.pages.insert(page, content),
            None => self.pages.remove(&page),
        };
    }

    pub fn pages_allocated(&self) -> u64 {
        self.pages.len() as u64
    }

    /// How many pages the range would newly allocate.
    pub fn pages_missing(&self, offset: u64, len: u64) -> u64 {
        let wanted = page_span(offset, len);
        let present = self.pages.range(wanted.clone()).count() as u64;
        wanted.end - wanted.start - present
    }

    /// The bytes, with no regard to the length.
    pub fn read(&self, buf: &mut [u8], offset: u64) {
        for touch in touches(offset, buf.len()) {
            let part = &mut buf[touch.at..touch.at + touch.within.len()];
            match self.pages.get(&touch.page) {
                Some(page) => part.copy_from_slice(&page[touch.within]),
                None => part.fill(0),
            }
        }
    }

    /// Changes a part of one page and answers its new content.
    pub fn overwrite(&mut self, touch: &Touch, bytes: &[u8]) -> Page {
        let old = self.pages.get(&touch.page);
        let zeros = *bytes == [0; PAGE_BYTES][..bytes.len()];
        let page = match old {
            None if zeros => zero_page(),
            _ if zeros && touch.within.len() == PAGE_BYTES => zero_page(),
            _ => {
                let mut content = old.map_or([0; PAGE_BYTES], |page| **page);
                content[touch.within.clone()].copy_from_slice(bytes);
                Arc::new(content)
            }
        };
        self.pages.insert(touch.page, page.clone());
        page
    }

    /// Takes some sectors of `from`.
    pub fn take_sectors(&mut self, page: u64, from: &Page, mask: u8) {
        if mask == 0 {
            return;
        }
        if mask == u8::MAX {
            return self.set_page(page, Some(from.clone()));
        }
        let mut content = self.pages.get(&page).map_or([0; PAGE_BYTES], |page| **page);
        for sector in (0..SECTORS_PER_PAGE).filter(|sector| mask & 1 << sector != 0) {
            let bytes = sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES;
            content[bytes.clone()].copy_from_slice(&from[bytes]);
        }
        self.pages.insert(page, Arc::new(content));
    }

    /// Gives blocks of zeros to what has none.
    pub fn allocate(&mut self, offset: u64, len: u64) -> Vec<u64> {
        let missing: Vec<u64> =
            page_span(offset, len).filter(|page| !self.pages.contains_key(page)).collect();
        self.pages.extend(missing.iter().map(|page| (*page, zero_page())));
        missing
    }

    /// Answers, where the new end cuts a page in two, that page as it then is.
    pub fn set_len(&mut self, len: u64) -> Option<(u64, Page)> {
        let shrinks = len < self.len;
        self.len = len;
        if shrinks { self.trim() } else { None }
    }

    /// Drops what lies beyond the length, so that growth reads as zeros.
    pub fn trim(&mut self) -> Option<(u64, Page)> {
        self.pages.split_off(&self.len.div_ceil(PAGE_BYTES as u64));
        let within = usize::try_from(self.len % PAGE_BYTES as u64).unwrap_or(0);
        let page = self.len / PAGE_BYTES as u64;
        if within == 0 || !self.pages.contains_key(&page) {
            return None;
        }
        let touch = Touch { page, within: within..PAGE_BYTES, at: 0 };
        let cut = self.overwrite(&touch, &[0; PAGE_BYTES][within..]);
        Some((page, cut))
    }
}

pub fn page_span(offset: u64, len: u64) -> Range<u64> {
    let page = PAGE_BYTES as u64;
    if len == 0 { 0..0 } else { offset / page..(offset + len).div_ceil(page) }
}

/// Zeroed volumes are large and many: they share one page of zeros.
fn zero_page() -> Page {
    static ZEROS: std::sync::LazyLock<Page> = std::sync::LazyLock::new(|| Arc::new([0; PAGE_BYTES]));
    ZEROS.clone()
}
