//! The logical clock's reading: a number that only grows, from which a version's time can be read.
//!
//! The upper 44 bits are milliseconds since 1970, the lower 20 a counter, so that a wall clock that jumps back
//! never reorders versions: the next ordinal is at least the last plus one.

use crate::Timestamp;

const COUNTER_BITS: u32 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ordinal(u64);

impl Ordinal {
    pub const FIRST: Self = Self(0);

    pub const fn from_u64(raw: u64) -> Self {
        Self(raw)
    }

    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The first ordinal that is after this one and not before `now`.
    #[must_use]
    pub fn next(self, now: Timestamp) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        Self((self.0 + 1).max(millis << COUNTER_BITS))
    }

    /// The time it stands for: the wall clock's, floored by every ordinal before.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0 >> COUNTER_BITS).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_grow_when_the_clock_jumps_back() {
        let first = Ordinal::FIRST.next(Timestamp::from_millis(5_000));
        let second = first.next(Timestamp::from_millis(1_000));
        assert!(second > first);
        assert_eq!(second.timestamp(), Timestamp::from_millis(5_000));
        assert_eq!(second.next(Timestamp::from_millis(6_000)).timestamp(), Timestamp::from_millis(6_000));
    }
}
