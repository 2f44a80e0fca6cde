//! A bit for each page, in runs: set, cleared, searched.

use std::ops::Range;

pub type Run = Range<u32>;

#[derive(Clone, Default)]
pub struct Bits(pub Vec<u64>);

impl Bits {
    pub fn cover(&mut self, pages: u32) {
        let words = (pages as usize).div_ceil(64).max(self.0.len());
        self.0.resize(words, 0);
    }

    pub fn set(&mut self, run: Run) {
        self.cover(run.end);
        masks(run).for_each(|(word, mask)| self.0[word] |= mask);
    }

    pub fn clear(&mut self, run: Run) {
        masks(run).for_each(|(word, mask)| self.0[word] &= !mask);
    }

    pub fn all_set(&self, run: Run) -> bool {
        masks(run).all(|(word, mask)| self.0.get(word).is_some_and(|found| found & mask == mask))
    }

    pub fn last_set_before(&self, end: u32) -> Option<u32> {
        let whole = end as usize / 64;
        let cut = self.0.get(whole).map_or(0, |word| word & !(!0 << (end % 64)));
        if cut != 0 {
            return Some(whole as u32 * 64 + cut.ilog2());
        }
        let word = self.0.iter().take(whole).rposition(|word| *word != 0)?;
        Some(word as u32 * 64 + self.0[word].ilog2())
    }

    /// The first run of so many clear bits in `from..end`.
    pub fn find_clear(&self, from: u32, count: u32, end: u32) -> Option<u32> {
        let mut start = self.next_clear(from, end)?;
        loop {
            let wanted = start.checked_add(count).filter(|wanted| *wanted <= end)?;
            match self.next_set(start, wanted) {
                None => return Some(start),
                Some(set) => start = self.next_clear(set, end)?,
            }
        }
    }

    fn next_clear(&self, from: u32, end: u32) -> Option<u32> {
        self.next(from, end, |word| !word)
    }

    fn next_set(&self, from: u32, end: u32) -> Option<u32> {
        self.next(from, end, |word| word)
    }

    fn next(&self, from: u32, end: u32, seen: impl Fn(u64) -> u64) -> Option<u32> {
        let first = from as usize / 64;
        let words = self.0.get(first..)?.iter().zip(first..);
        let mut hidden = !0 << (from % 64);
        for (word, at) in words.take_while(|(_, at)| (*at as u64) * 64 < u64::from(end)) {
            let found = seen(*word) & std::mem::replace(&mut hidden, !0);
            if found != 0 {
                return Some(at as u32 * 64 + found.trailing_zeros()).filter(|found| *found < end);
            }
        }
        None
    }
}

/// The words of a run and its bits in each.
fn masks(run: Run) -> impl Iterator<Item = (usize, u64)> {
    let words = run.start / 64..run.end.div_ceil(64).max(run.start / 64);
    words.map(move |word| {
        let (from, to) = (run.start.saturating_sub(word * 64), (run.end - word * 64).min(64));
        (word as usize, (!0 << from) & (!0_u64 >> (64 - to)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_set_found_and_cleared_wherever_they_begin() {
        for start in [0, 1, 63, 64, 65, 127] {
            for count in [1, 2, 63, 64, 65, 200] {
                let mut bits = Bits::default();
                bits.cover(1024);
                bits.set(start..start + count);
                let set = |bits: &Bits| bits.0.iter().map(|word| word.count_ones()).sum::<u32>();
                assert_eq!(set(&bits), count);
                assert!(bits.all_set(start..start + count) && !bits.all_set(start..start + count + 1));
                assert_eq!(bits.last_set_before(1024), Some(start + count - 1));
                assert_eq!(bits.last_set_before(start + count - 1), (count > 1).then(|| start + count - 2));
                assert_eq!(bits.find_clear(start, 3, 1024), Some(start + count));
                assert_eq!(bits.find_clear(start, 3, start + count + 2), None);
                bits.clear(start..start + count);
                assert_eq!(set(&bits), 0);
            }
        }
    }
}
