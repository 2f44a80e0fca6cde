//! From which device shards move to which. Pure: fills in, choice out.

use std::collections::BTreeSet;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
/// Moved before it is looked again who is the fullest, which waits until the old records are freed: seconds. Until then
/// all of it is there twice.
const BATCH_BYTES_MAX: u64 = 512 * MIB;
/// At most such a part of the emptier device, too.
const BATCH_PART: u64 = 256;

/// How full a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    pub device: u16,
    pub living_bytes: u64,
    pub total_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub from: u16,
    /// The emptiest first.
    pub to: Vec<u16>,
    pub bytes: u64,
}

/// `at_bytes`: how much fuller a device must be; a tenth of the emptier one's size and at least 1 GiB when absent. Once
/// it began it goes on to half of that, so that it does not begin again at once. `stuck`: devices from which nothing can
/// be moved.
pub(super) fn choose(
    fills: &[Fill],
    stuck: &BTreeSet<u16>,
    at_bytes: Option<u64>,
    is_under_way: bool,
) -> Option<Choice> {
    let from = fills.iter().filter(|fill| !stuck.contains(&fill.device)).max_by_key(|fill| fill.part())?;
    let limit = |to: &Fill| {
        let limit = at_bytes.unwrap_or_else(|| (to.total_bytes / 10).max(GIB));
        if is_under_way { limit / 2 } else { limit }
    };
    let mut to: Vec<&Fill> = fills.iter().filter(|to| from.excess_over(to) > limit(to)).collect();
    to.sort_by_key(|to| to.part());
    let emptiest = *to.first()?;
    // Beyond the mean of all it would have to come back.
    let mean = mean(fills);
    let beyond = from.living_bytes.saturating_sub(mean.part_of(from.total_bytes));
    let bytes = beyond
        .min(mean.excess_over(emptiest))
        .clamp(MIB, BATCH_BYTES_MAX.min((emptiest.total_bytes / BATCH_PART).max(MIB)));
    // One that lacks much less would have too much soon.
    to.retain(|to| mean.excess_over(to) >= mean.excess_over(emptiest) / 2);
    Some(Choice { from: from.device, to: to.into_iter().map(|to| to.device).collect(), bytes })
}

/// What lies on devices beyond the mean: what there is to move at least.
pub(super) fn bytes_to_move(fills: &[Fill]) -> u64 {
    let mean = mean(fills);
    fills.iter().map(|fill| fill.living_bytes.saturating_sub(mean.part_of(fill.total_bytes))).sum()
}

/// All devices as if they were one.
fn mean(fills: &[Fill]) -> Fill {
    let sum = |of: fn(&Fill) -> u64| fills.iter().map(of).fold(0, u64::saturating_add);
    let (living_bytes, total_bytes) = (sum(|fill| fill.living_bytes), sum(|fill| fill.total_bytes));
    Fill { device: u16::MAX, living_bytes, total_bytes }
}

impl Fill {
    /// In 2³²ths.
    fn part(&self) -> u128 {
        (u128::from(self.living_bytes) << 32) / u128::from(self.total_bytes.max(1))
    }

    /// What would live on a device of that size if it were as full.
    fn part_of(&self, total_bytes: u64) -> u64 {
        let part =
            u128::from(self.living_bytes) * u128::from(total_bytes) / u128::from(self.total_bytes.max(1));
        u64::try_from(part).unwrap_or(u64::MAX)
    }

    /// How many bytes fewer the other one holds than if it were as full.
    fn excess_over(&self, other: &Self) -> u64 {
        self.part_of(other.total_bytes).saturating_sub(other.living_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (living, total) in GiB.
    fn fills(of: &[(u64, u64)]) -> Vec<Fill> {
        let fill = |(device, (living, total)): (u16, &(u64, u64))| Fill {
            device,
            living_bytes: living * GIB,
            total_bytes: total * GIB,
        };
        (0..).zip(of).map(fill).collect()
    }

    fn chosen(of: &[(u64, u64)], is_under_way: bool) -> Option<(u16, Vec<u16>)> {
        choose(&fills(of), &BTreeSet::new(), None, is_under_way).map(|choice| (choice.from, choice.to))
    }

    #[test]
    fn shards_move_when_a_device_is_fuller_by_a_tenth_and_a_gibibyte() {
        assert_eq!(chosen(&[], false), None);
        assert_eq!(chosen(&[(50, 100)], false), None);
        assert_eq!(chosen(&[(50, 100), (41, 100)], false), None);
        assert_eq!(chosen(&[(50, 100), (39, 100)], false), Some((0, vec![1])));
        assert_eq!(chosen(&[(2, 5), (1, 5)], false), None);
        // As full as each other, whatever their sizes.
        assert_eq!(chosen(&[(50, 100), (500, 1000)], false), None);
        assert_eq!(chosen(&[(50, 100), (60, 100), (5, 100), (0, 100)], false), Some((1, vec![3, 2])));
        assert_eq!(chosen(&[(50, 100), (60, 100), (25, 100), (0, 100)], false), Some((1, vec![3])));
    }

    #[test]
    fn once_begun_it_goes_on_to_half_of_that() {
        assert_eq!(chosen(&[(50, 100), (44, 100)], false), None);
        assert_eq!(chosen(&[(50, 100), (44, 100)], true), Some((0, vec![1])));
        assert_eq!(chosen(&[(50, 100), (45, 100)], true), None);
    }

    #[test]
    fn a_device_from_which_nothing_can_move_is_passed_over() {
        let of = fills(&[(90, 100), (80, 100), (0, 100)]);
        let from = |stuck: &[u16]| {
            choose(&of, &stuck.iter().copied().collect(), None, false).map(|choice| choice.from)
        };
        assert_eq!((from(&[]), from(&[0]), from(&[0, 1])), (Some(0), Some(1), None));
    }

    #[test]
    fn whatever_the_fills_moving_what_is_chosen_ends_with_all_as_full_as_asked_for() {
        for start in [[40, 40, 40, 0], [1, 90, 30, 7], [99, 0, 0, 0], [10, 10, 10, 10]] {
            for sizes in [[100, 100, 100, 100], [100, 200, 400, 800]] {
                let mut all = fills(&[0, 1, 2, 3].map(|device| (start[device], sizes[device])));
                let (mut steps, mut moved) = (0, 0);
                let least = bytes_to_move(&all);
                while let Some(choice) = choose(&all, &BTreeSet::new(), Some(GIB), steps > 0) {
                    all[usize::from(choice.from)].living_bytes -= choice.bytes;
                    all[usize::from(choice.to[0])].living_bytes += choice.bytes;
                    moved += choice.bytes;
                    steps += 1;
                    assert!(steps < 100_000, "{start:?} {sizes:?}: it does not end");
                }
                assert!(moved <= least + GIB, "{start:?} {sizes:?}: {moved} moved of {least}");
                assert!(bytes_to_move(&all) <= 4 * GIB, "{start:?} {sizes:?}");
            }
        }
    }
}
