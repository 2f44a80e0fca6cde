//! Which devices take the shards of a chunk. Pure: state in, choice out.

use std::collections::BTreeMap;

/// A device that takes bytes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its place in the caller's list.
    pub index: usize,
    /// Devices of one zone fail together.
    pub zone: u32,
    /// Sixteenths of it that are free: coarse, so that equal devices stay equal while they fill.
    pub free: u8,
    /// Bytes that wait for it, in chunks.
    pub queued: u64,
}

/// `count` distinct devices, spread over zones as evenly as it goes. Within that the emptier first, then who has less to
/// do, then in turn. `held`: how many shards of the chunk each zone has already. `None` when there are too few.
pub(crate) fn choose(
    candidates: &[Candidate],
    count: usize,
    held: &BTreeMap<u32, usize>,
    turn: u64,
) -> Option<Vec<usize>> {
    if candidates.len() < count {
        return None;
    }
    let mut held = held.clone();
    let mut left = candidates.to_vec();
    let shift = usize::try_from(turn % left.len().max(1) as u64).unwrap_or(0);
    left.rotate_left(shift);
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count {
        let load = |candidate: &Candidate| held.get(&candidate.zone).copied().unwrap_or(0);
        let rank = |candidate: &Candidate| (load(candidate), 16 - candidate.free.min(16), candidate.queued);
        let best = (0..left.len()).min_by_key(|at| rank(&left[*at]))?;
        let taken = left.remove(best);
        *held.entry(taken.zone).or_default() += 1;
        chosen.push(taken.index);
    }
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(index: usize, zone: u32, free: u8) -> Candidate {
        Candidate { index, zone, free, queued: 0 }
    }

    fn chosen(candidates: &[Candidate], count: usize, turn: u64) -> Option<Vec<usize>> {
        choose(candidates, count, &BTreeMap::new(), turn)
    }

    #[test]
    fn shards_are_spread_over_zones_before_anything_else() {
        let devices = [0, 1, 2, 3, 4, 5].map(|index| candidate(index, index as u32 / 2, 16 - index as u8));
        for turn in 0..6 {
            let mut zones = chosen(&devices, 3, turn).unwrap_or_default();
            zones.iter_mut().for_each(|index| *index /= 2);
            zones.sort_unstable();
            assert_eq!(zones, [0, 1, 2]);
        }
    }

    #[test]
    fn equal_devices_take_turns_and_the_emptier_goes_first() {
        let equal = [0, 1, 2, 3].map(|index| candidate(index, index as u32, 8));
        assert_eq!(chosen(&equal, 2, 0), Some(vec![0, 1]));
        assert_eq!(chosen(&equal, 2, 3), Some(vec![3, 0]));
        let mut uneven = equal;
        uneven[2].free = 12;
        assert_eq!(chosen(&uneven, 1, 0), Some(vec![2]));
    }

    #[test]
    fn a_zone_that_holds_shards_already_comes_last() {
        let devices = [candidate(0, 7, 8), candidate(1, 8, 8)];
        assert_eq!(choose(&devices, 1, &BTreeMap::from([(7, 1)]), 0), Some(vec![1]));
    }

    #[test]
    fn too_few_devices_are_no_choice() {
        assert_eq!(chosen(&[candidate(0, 0, 16)], 2, 5), None);
        assert_eq!(chosen(&[], 0, 5), Some(Vec::new()));
    }
}
