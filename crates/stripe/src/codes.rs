//! The codes in use, each made once: making one inverts a matrix.

use std::sync::OnceLock;

use erasure::{Code, DATA_MAX, Layout, PARITY_MAX};

pub(crate) struct Codes(Vec<OnceLock<Code>>);

impl Codes {
    pub fn new() -> Self {
        let count = (usize::from(DATA_MAX) + 1) * (usize::from(PARITY_MAX) + 1);
        Self((0..count).map(|_| OnceLock::new()).collect())
    }

    /// `None` for what no code makes.
    pub fn of(&self, layout: Layout) -> Option<&Code> {
        Layout::new(layout.data, layout.parity)?;
        let place = usize::from(layout.data) * (usize::from(PARITY_MAX) + 1) + usize::from(layout.parity);
        let slot = &self.0[place];
        if let Some(code) = slot.get() {
            return Some(code);
        }
        let made = Code::new(layout.data, layout.parity).ok()?;
        Some(slot.get_or_init(|| made))
    }
}
