//! Chance that replays: everything random in a simulation is drawn from a `Dice` made of a seed.

use world::{Random, SeededRandom};

#[derive(Debug)]
pub struct Dice(SeededRandom);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // One step apart from the seed itself, so that neighbouring seeds share no sequence.
        Self(SeededRandom::new(SeededRandom::new(seed).u64()))
    }

    /// Another sequence, so that one more draw in one place does not change what another place sees.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::new(self.0.u64())
    }

    pub fn seed(&self) -> u64 {
        self.0.u64()
    }

    /// A number in `0..end`; 0 when `end` is 0.
    pub fn below(&self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.below(end) }
    }

    /// A number in `start..end`.
    pub fn between(&self, start: u64, end: u64) -> u64 {
        start + self.below(end.saturating_sub(start))
    }

    /// An index into something of `len` elements.
    pub fn index(&self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// True in `percent` of a hundred draws.
    pub fn chance(&self, percent: u64) -> bool {
        self.0.below(100) < percent
    }

    pub fn coin(&self) -> bool {
        self.0.u64() & 1 == 1
    }

    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.index(from.len()))
    }

    pub fn bytes(&self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_rolls_the_same_numbers() {
        let (a, b) = (Dice::new(7), Dice::new(7));
        let rolled: Vec<u64> = (0..20).map(|_| a.below(1000)).collect();
        assert_eq!(rolled, (0..20).map(|_| b.below(1000)).collect::<Vec<_>>());
        assert_ne!(rolled, (0..20).map(|_| Dice::new(8).below(1000)).collect::<Vec<_>>());
    }
}
