//! Request ids: sixteen upper-case hex digits, as S3's look, distinct within a run.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The id of one request, for its answer and for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(u64);

impl RequestId {
    pub fn to_hex(self) -> [u8; 16] {
        let mut text = [0; 16];
        for (at, digit) in text.iter_mut().enumerate() {
            let nibble = (self.0 >> (60 - 4 * at)) & 0xf;
            *digit = b"0123456789ABCDEF"[nibble as usize];
        }
        text
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

/// Draws ids without asking the system: a counter through a permutation, so none comes twice.
pub(crate) struct RequestIds {
    seed: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(0) }
    }

    pub fn draw(&self) -> RequestId {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        RequestId(scatter(number.wrapping_add(self.seed)))
    }
}

/// SplitMix64's finalizer, which is a permutation of 64 bits.
fn scatter(number: u64) -> u64 {
    let mut x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_do_not_repeat_and_print_alike_in_both_ways() {
        let ids = RequestIds::new(7);
        let drawn: HashSet<RequestId> = (0..10_000).map(|_| ids.draw()).collect();
        assert_eq!(drawn.len(), 10_000);
        let id = ids.draw();
        assert_eq!(id.to_string().as_bytes(), id.to_hex());
    }
}
