//! Reads in progress: bytes that a read may still need are not reclaimed under it.
//!
//! A read pins the ordinal of the view that it took its row from. Bytes that were unnamed at a later ordinal stay
//! until the pin goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::Ordinal;

#[derive(Clone, Default)]
pub struct Pins(Arc<Mutex<BTreeMap<Ordinal, usize>>>);

/// Held by a read until its last byte is out.
pub struct Pin {
    pins: Pins,
    at: Ordinal,
}

impl Pins {
    /// Take it before the view is taken.
    pub fn pin(&self, at: Ordinal) -> Pin {
        *self.lock().entry(at).or_default() += 1;
        Pin { pins: self.clone(), at }
    }

    /// What was unnamed before this ordinal is needed by no read.
    pub fn oldest(&self) -> Option<Ordinal> {
        self.lock().keys().next().copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Ordinal, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Pin {
    fn clone(&self) -> Self {
        self.pins.pin(self.at)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.pins.lock();
        if let Some(count) = pins.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_pin_counts_until_its_last_holder_goes() {
        let pins = Pins::default();
        let first = pins.pin(Ordinal::from_u64(5));
        let second = pins.pin(Ordinal::from_u64(5));
        let later = pins.pin(Ordinal::from_u64(9));
        drop(first);
        assert_eq!(pins.oldest(), Some(Ordinal::from_u64(5)));
        let again = second.clone();
        drop(second);
        assert_eq!(pins.oldest(), Some(Ordinal::from_u64(5)));
        drop(again);
        assert_eq!(pins.oldest(), Some(Ordinal::from_u64(9)));
        drop(later);
        assert_eq!(pins.oldest(), None);
    }
}
