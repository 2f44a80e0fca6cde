//! Numbers that look random and are the same in every run (SplitMix64).

pub struct Chance(u64);

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn one_of<'a, T: ?Sized>(&mut self, items: &'a [impl std::borrow::Borrow<T> + 'a]) -> &'a T {
        items[self.below(items.len())].borrow()
    }

    /// One to `most` of them, perhaps one twice.
    pub fn some_of(&mut self, items: &[&str], most: usize) -> Vec<String> {
        (0..=self.below(most)).map(|_| items[self.below(items.len())].to_owned()).collect()
    }
}
