//! How far the scrub of a device is, and its form as a job's row.

use catalog::Catalog;
use catalog::table::JobRow;
use model::Timestamp;
use stripe::Report;

use crate::{KeeperFault, jobs};

/// Where a round is; between rounds, what the last one was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub begun: Timestamp,
    pub finished: Option<Timestamp>,
    /// Begun so far.
    pub rounds: u64,
    /// What lies before this place is done. Volume 0 is none: the round has not begun to read.
    pub volume: u32,
    pub offset: u64,
    /// The last volume of the round; 0 between rounds.
    pub last: u32,
    pub bytes: u64,
    pub bytes_total: u64,
    pub corrupt: u64,
}

impl Place {
    /// The job's name.
    pub fn name(device: u16) -> String {
        format!("scrub {device}")
    }

    pub fn read(catalog: &Catalog, device: u16) -> Result<Self, KeeperFault> {
        let row = jobs::read(catalog, &Self::name(device))?;
        Ok(row.map_or(Self::NEVER, |row| Self::of(&row)))
    }

    const NEVER: Self = Self {
        begun: Timestamp::from_millis(0),
        finished: None,
        rounds: 0,
        volume: 0,
        offset: 0,
        last: 0,
        bytes: 0,
        bytes_total: 0,
        corrupt: 0,
    };

    /// A row that makes no sense is read as far as it does: at worst a round begins anew.
    fn of(row: &JobRow) -> Self {
        let count = |place: usize| row.counts.get(place).copied().unwrap_or(0);
        let finished = i64::try_from(count(1)).ok().filter(|millis| *millis > 0);
        let (volume, offset) = row.next.split_first_chunk().map_or((0, 0), |(volume, offset)| {
            (u32::from_be_bytes(*volume), offset.try_into().map_or(0, u64::from_be_bytes))
        });
        Self {
            begun: row.begun,
            finished: finished.map(Timestamp::from_millis),
            rounds: count(0),
            volume,
            offset,
            last: u32::try_from(count(2)).unwrap_or(u32::MAX),
            bytes: count(3),
            bytes_total: count(4),
            corrupt: count(5),
        }
    }

    pub fn row(&self) -> JobRow {
        let finished = self.finished.map_or(0, |at| u64::try_from(at.millis()).unwrap_or(0));
        let next = match self.is_under_way() {
            true => [&self.volume.to_be_bytes()[..], &self.offset.to_be_bytes()].concat(),
            false => Vec::new(),
        };
        let counts =
            vec![self.rounds, finished, self.last.into(), self.bytes, self.bytes_total, self.corrupt];
        JobRow { begun: self.begun, next, counts }
    }

    pub const fn is_under_way(&self) -> bool {
        self.last > 0
    }

    pub const fn next_round(&self, now: Timestamp, last: u32, bytes_total: u64) -> Self {
        Self {
            begun: now,
            finished: self.finished,
            rounds: self.rounds + 1,
            last,
            bytes_total,
            ..Self::NEVER
        }
    }

    /// Unless the round is within it already.
    pub const fn turn_to(&mut self, volume: u32) {
        if self.volume != volume {
            (self.volume, self.offset) = (volume, 0);
        }
    }

    /// What a step found, and where the next one in this volume begins.
    pub fn saw(&mut self, report: &Report, next: Option<u64>) {
        self.bytes += report.bytes;
        self.corrupt += report.corrupt;
        match next {
            Some(offset) => self.offset = offset,
            None => (self.volume, self.offset) = (self.volume.saturating_add(1), 0),
        }
    }

    pub const fn finish(&mut self, now: Timestamp) {
        self.finished = Some(now);
        (self.volume, self.offset, self.last) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_within_a_round_and_between_rounds() {
        let mut place = Place::NEVER.next_round(Timestamp::from_millis(5), 9, 4096);
        place.turn_to(7);
        place.saw(&Report { bytes: 100, corrupt: 2, ..Report::default() }, Some(1 << 33));
        assert_eq!(Place::of(&place.row()), place);
        assert!(place.is_under_way());
        place.finish(Timestamp::from_millis(8));
        assert_eq!(Place::of(&place.row()), place);
        assert!(!place.is_under_way());
    }

    #[test]
    fn a_row_of_anything_is_a_place() {
        for next in [vec![], vec![1, 2], vec![255; 12], vec![7; 40]] {
            for counts in [vec![], vec![u64::MAX; 6], vec![1; 64]] {
                let row = JobRow { begun: Timestamp::from_millis(-1), next: next.clone(), counts };
                Place::of(&row).saw(&Report::default(), None);
            }
        }
    }
}
