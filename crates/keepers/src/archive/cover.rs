//! Which keys are known as of when: ranges that were laid down, the newest first.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::Ordinal;

/// Ranges that do not overlap, by their start: end and time. No end: to the end of all keys.
#[derive(Debug, Default)]
pub(super) struct Cover(BTreeMap<Bytes, (Option<Bytes>, Ordinal)>);

impl Cover {
    /// As of when a key is known; `None` if it never was.
    pub fn of(&self, key: &[u8]) -> Option<Ordinal> {
        let (_, (end, at)) = self.0.range(..=Bytes::copy_from_slice(key)).next_back()?;
        end.as_ref().is_none_or(|end| key < end).then_some(*at)
    }

    /// Adds what is not covered of a range; an empty `end` is that of all keys.
    pub fn add(&mut self, start: &Bytes, end: &Bytes, at: Ordinal) {
        let end = (!end.is_empty()).then(|| end.clone());
        let is_before_end = |key: &Bytes| end.as_ref().is_none_or(|end| key < end);
        let before = self.0.range(..=start.clone()).next_back().map(|(_, (end, _))| end.clone());
        let mut from = match before {
            Some(None) => return,
            Some(Some(ends)) => ends.max(start.clone()),
            None => start.clone(),
        };
        let within: Vec<(Bytes, Option<Bytes>)> = self
            .0
            .range(from.clone()..)
            .take_while(|(key, _)| is_before_end(key))
            .map(|(start, (end, _))| (start.clone(), end.clone()))
            .collect();
        for (start, ends) in within {
            if from < start {
                self.0.insert(from, (Some(start), at));
            }
            match ends {
                Some(ends) => from = ends,
                None => return,
            }
        }
        if is_before_end(&from) {
            self.0.insert(from, (end, at));
        }
    }

    /// All keys are known at least as of then; as of the beginning, if some are not covered.
    pub fn least(&self) -> Ordinal {
        let mut from = Some(Bytes::new());
        for (start, (end, _)) in &self.0 {
            if from.as_ref() != Some(start) {
                return Ordinal::FIRST;
            }
            from.clone_from(end);
        }
        if from.is_some() {
            return Ordinal::FIRST;
        }
        self.0.values().map(|(_, at)| *at).min().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, proptest};

    fn text(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn the_newest_comes_first_and_older_ranges_fill_the_rest() {
        let mut cover = Cover::default();
        let at = Ordinal::from_u64;
        cover.add(&text(""), &text("f"), at(9));
        assert_eq!((cover.of(b"a"), cover.of(b"f"), cover.least()), (Some(at(9)), None, at(0)));
        cover.add(&text("m"), &text(""), at(7));
        cover.add(&text("c"), &text("p"), at(5));
        let known = [b"a", b"e", b"f", b"l", b"m", b"z"].map(|key| cover.of(key).map(Ordinal::as_u64));
        assert_eq!(known, [9, 9, 5, 5, 7, 7].map(Some));
        assert_eq!(cover.least(), at(5));
        cover.add(&text(""), &text(""), at(1));
        assert_eq!(cover.least(), at(5));
    }

    proptest! {
        #[test]
        fn it_is_what_the_first_range_over_each_key_says(
            ranges in prop::collection::vec((0_u8..20, 0_u8..20), 0..12),
        ) {
            let mut cover = Cover::default();
            let mut expected = [None; 20];
            for (number, (start, end)) in ranges.into_iter().enumerate() {
                let at = Ordinal::from_u64(number as u64 + 1);
                let (start, end) = (start.min(end), start.max(end));
                // Nothing is no range, and the end of all has no key.
                if start == end {
                    continue;
                }
                let end_key = if end == 19 { Bytes::new() } else { Bytes::from(vec![end]) };
                let start_key = if start == 0 { Bytes::new() } else { Bytes::from(vec![start]) };
                cover.add(&start_key, &end_key, at);
                let end = if end == 19 { 20 } else { end };
                for slot in &mut expected[usize::from(start)..usize::from(end)] {
                    slot.get_or_insert(at);
                }
            }
            for (key, expected) in expected.iter().enumerate() {
                assert_eq!(cover.of(&[key as u8]), *expected, "{key}");
            }
            let all = expected.iter().all(Option::is_some);
            let least = expected.iter().flatten().min().copied().unwrap_or_default();
            assert_eq!(cover.least(), if all { least } else { Ordinal::FIRST });
        }
    }
}
