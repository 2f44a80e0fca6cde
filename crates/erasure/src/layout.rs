//! Which code a number of devices gets. Pure arithmetic; `docs/durability.md` computes what each is worth.

use std::fmt;

use crate::code::{DATA_MAX, PARITY_MAX};

/// Wider stripes save little and cost every read of a chunk, and every repair, more devices.
const DATA_DEFAULT_MAX: u8 = 8;
/// With more devices than this a stripe leaves one free, so that repair keeps the layout instead of narrowing it:
/// worth two nines, where one more device under each stripe would save a fifteenth of the space.
const ALL_UNDER_A_STRIPE_MAX: u8 = 8;

/// So many data shards and so many of parity, each on a device of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    pub data: u8,
    pub parity: u8,
}

impl Layout {
    /// One record, and nothing beside it.
    pub const WHOLE: Self = Self { data: 1, parity: 0 };

    /// `None` for what no code makes.
    pub const fn new(data: u8, parity: u8) -> Option<Self> {
        if data == 0 || data > DATA_MAX || parity > PARITY_MAX {
            return None;
        }
        Some(Self { data, parity })
    }

    /// What is written while so many devices take writes. The parity is kept as long as a data shard is left beside it,
    /// and the data shrinks: with 4+2, five devices left take 3+2 and three take 1+2. None without a device.
    pub fn of(devices: usize, parity: u8) -> Option<Self> {
        let devices = u8::try_from(devices).unwrap_or(u8::MAX);
        let parity = parity.min(devices.checked_sub(1)?);
        let free = u8::from(devices > ALL_UNDER_A_STRIPE_MAX);
        Some(Self { data: (devices - parity).saturating_sub(free).clamp(1, DATA_DEFAULT_MAX), parity })
    }

    /// Of data and parity together: shard indexes are below this, the data's first.
    pub const fn shards(self) -> u8 {
        self.data + self.parity
    }

    /// The bytes of a whole shard of a chunk of so many.
    pub const fn shard_bytes(self, length: usize) -> usize {
        length.div_ceil(self.data as usize)
    }

    /// How many bytes of this shard there are to store: data shards at the chunk's end are short or empty.
    pub fn stored_bytes(self, length: usize, index: u8) -> usize {
        let whole = self.shard_bytes(length);
        if index >= self.data { whole } else { length.saturating_sub(usize::from(index) * whole).min(whole) }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.data, self.parity)
    }
}

/// The parity of STANDARD where nobody said otherwise.
pub const fn default_parity(devices: usize) -> u8 {
    match devices {
        0..=1 => 0,
        2..=3 => 1,
        4..=6 => 2,
        _ => 3,
    }
}

/// The parity of REDUCED_REDUNDANCY and ONEZONE_IA: one less, but never so little that one device's end loses an object
/// that the others would have kept.
pub fn reduced_parity(parity: u8) -> u8 {
    if parity > 1 { parity - 1 } else { parity }
}

#[cfg(test)]
mod tests {
    use super::{Layout, default_parity, reduced_parity};
    use crate::{Code, DATA_MAX, PARITY_MAX};

    fn shown(devices: usize, parity: u8) -> String {
        Layout::of(devices, parity).map_or("none".to_owned(), |layout| layout.to_string())
    }

    #[test]
    fn each_number_of_devices_has_its_default() {
        let expected = [
            (0, "none"),
            (1, "1+0"),
            (2, "1+1"),
            (3, "2+1"),
            (4, "2+2"),
            (5, "3+2"),
            (6, "4+2"),
            (7, "4+3"),
            (8, "5+3"),
            (9, "5+3"),
            (10, "6+3"),
            (11, "7+3"),
            (12, "8+3"),
            (60, "8+3"),
            (100_000, "8+3"),
        ];
        for (devices, layout) in expected {
            assert_eq!(shown(devices, default_parity(devices)), layout, "{devices} devices");
        }
    }

    #[test]
    fn writes_keep_the_parity_while_devices_go() {
        let left = [(6, "4+2"), (5, "3+2"), (4, "2+2"), (3, "1+2"), (2, "1+1"), (1, "1+0"), (0, "none")];
        for (devices, layout) in left {
            assert_eq!(shown(devices, 2), layout, "{devices} devices left");
        }
    }

    #[test]
    fn reduced_redundancy_still_outlives_one_device() {
        let parities = [(0, 0), (1, 1), (2, 1), (3, 2), (8, 7)];
        for (parity, reduced) in parities {
            assert_eq!(reduced_parity(parity), reduced);
        }
    }

    #[test]
    fn every_layout_has_a_code_and_a_device_for_each_shard() {
        for (devices, parity) in
            (1..300).flat_map(|devices| (0..=PARITY_MAX).map(move |parity| (devices, parity)))
        {
            let layout = Layout::of(devices, parity).unwrap();
            assert!(usize::from(layout.shards()) <= devices && layout.data <= DATA_MAX);
            Code::new(layout.data, layout.parity).unwrap();
        }
    }
}
