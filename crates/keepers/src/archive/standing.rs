//! What there is of the archive, by the rows that name it, and what is to be done about it. Pure but for the walk.

use std::collections::BTreeMap;

use bytes::Bytes;
use catalog::Snapshot;
use catalog::table::archive::{CHANGES_PREFIX, RANGES_PREFIX};
use catalog::table::space::end_of;
use catalog::table::{ArchiveRow, Stretch};
use model::Ordinal;
use stripe::{Chunk, Manifest};

use crate::KeeperFault;

/// Pages given up in one commit, but for the rest of a stretch.
const FORGET_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub rounds: BTreeMap<Ordinal, Round>,
    pub changes: Vec<Changes>,
}

/// One walk over all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Round {
    pub pieces: Vec<Piece>,
}

/// A range of keys at one point in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub place: u32,
    pub at: Ordinal,
    pub end: Bytes,
    pub stored_bytes: u64,
    pub keys: Vec<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub from: Ordinal,
    pub to: Ordinal,
    pub is_missed: bool,
    pub stored_bytes: u64,
    pub keys: Vec<Vec<u8>>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Rest,
    /// These rows and what they name are not needed any more.
    Forget(Vec<Vec<u8>>),
    Begin,
    /// The last round, with the piece in this place, from this key.
    GoOn {
        round: Ordinal,
        place: u32,
        from: Bytes,
    },
}

impl Round {
    pub fn is_whole(&self) -> bool {
        self.pieces.last().is_some_and(|piece| piece.end.is_empty())
    }

    /// Changes up to then are in it.
    fn least(&self) -> Ordinal {
        self.pieces.iter().map(|piece| piece.at).min().unwrap_or_default()
    }

    fn stored_bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.stored_bytes).sum()
    }

    /// Whether all keys of a piece of an older round are in this one.
    fn covers(&self, piece: &Piece) -> bool {
        self.is_whole()
            || !piece.end.is_empty() && self.pieces.last().is_some_and(|last| piece.end <= last.end)
    }
}

impl Standing {
    pub fn read(view: &Snapshot) -> Result<Self, KeeperFault> {
        let mut standing = Self::default();
        for prefix in [RANGES_PREFIX, CHANGES_PREFIX] {
            let mut cursor = view.cursor(&prefix, &end_of(&prefix))?;
            while let Some((key, row)) = cursor.next()? {
                let row = ArchiveRow::decode(row).map_err(KeeperFault::damaged)?;
                standing.note(key, row)?;
            }
        }
        Ok(standing)
    }

    fn note(&mut self, key: Vec<u8>, row: ArchiveRow) -> Result<(), KeeperFault> {
        let is_missed = row.is_missed();
        let stored_bytes = if is_missed { 0 } else { stored_bytes(&row.manifest)? };
        match row.page.stretch {
            Stretch::Range { round, place, at } => {
                let pieces = &mut self.rounds.entry(round).or_default().pieces;
                if row.page.number == 0 {
                    pieces.push(Piece { place, at, end: row.end, stored_bytes: 0, keys: Vec::new() });
                }
                if let Some(piece) = pieces.last_mut() {
                    piece.stored_bytes += stored_bytes;
                    piece.keys.push(key);
                }
            }
            Stretch::Changes { from, to } => {
                if row.page.number == 0 {
                    self.changes.push(Changes { from, to, is_missed, stored_bytes: 0, keys: Vec::new() });
                }
                if let Some(changes) = self.changes.last_mut() {
                    changes.stored_bytes += stored_bytes;
                    changes.keys.push(key);
                }
            }
        }
        Ok(())
    }

    /// `allowance`: how much changes may weigh beside half of a round.
    pub fn choose(&self, allowance: u64) -> Deed {
        let obsolete = self.obsolete();
        if !obsolete.is_empty() {
            return Deed::Forget(obsolete);
        }
        let last = self.rounds.last_key_value();
        if let Some((round, Round { pieces })) = last.filter(|(_, round)| !round.is_whole()) {
            let (place, from) =
                pieces.last().map_or_else(Default::default, |piece| (piece.place + 1, piece.end.clone()));
            return Deed::GoOn { round: *round, place, from };
        }
        // Before the first commit there was nothing: that is as good as a round.
        let (least, weight) =
            last.map_or_else(Default::default, |(_, round)| (round.least(), round.stored_bytes()));
        let since = self.changes.iter().filter(|changes| changes.to > least);
        let changed: u64 = since.map(|changes| changes.stored_bytes).sum();
        let gapless = match self.gapless_from() {
            Some(from) => from <= least,
            None => last.is_some(),
        };
        if gapless && changed <= weight / 2 + allowance { Deed::Rest } else { Deed::Begin }
    }

    /// Since when no change is missing; `None` when none was ever seen.
    fn gapless_from(&self) -> Option<Ordinal> {
        let mut from = self.changes.first()?.from;
        let mut to = from;
        for changes in &self.changes {
            if changes.is_missed {
                from = changes.to;
            } else if changes.from > to {
                from = changes.from;
            }
            to = changes.to;
        }
        Some(from)
    }

    /// From the front, whole stretches.
    fn obsolete(&self) -> Vec<Vec<u8>> {
        let mut keys = Vec::new();
        let Some((newest, round)) = self.rounds.last_key_value() else { return keys };
        let older = self.rounds.iter().filter(|(number, _)| *number < newest);
        for piece in older.flat_map(|(_, older)| &older.pieces).filter(|piece| round.covers(piece)) {
            keys.extend_from_slice(&piece.keys);
            if keys.len() >= FORGET_MAX {
                return keys;
            }
        }
        if round.is_whole() {
            // The last one stays: the next goes on from it.
            let all_but_last = self.changes.split_last().map_or(&[][..], |(_, others)| others);
            for changes in all_but_last.iter().take_while(|changes| changes.to <= round.least()) {
                keys.extend_from_slice(&changes.keys);
                if keys.len() >= FORGET_MAX {
                    return keys;
                }
            }
        }
        keys
    }
}

fn stored_bytes(manifest: &[u8]) -> Result<u64, KeeperFault> {
    let manifest = Manifest::decode(manifest).map_err(KeeperFault::damaged)?;
    Ok(manifest.chunks().iter().map(Chunk::stored_bytes).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(raw: u64) -> Ordinal {
        Ordinal::from_u64(raw)
    }

    fn changes(from: u64, to: u64, stored_bytes: u64) -> Changes {
        let keys = vec![to.to_be_bytes().to_vec()];
        Changes { from: at(from), to: at(to), is_missed: false, stored_bytes, keys }
    }

    fn round(pieces: &[(u64, &'static str)]) -> Round {
        let piece = |(place, (ordinal, end)): (usize, &(u64, &'static str))| Piece {
            place: place as u32,
            at: at(*ordinal),
            end: Bytes::from_static(end.as_bytes()),
            stored_bytes: 1000,
            keys: vec![format!("{ordinal} {end}").into_bytes()],
        };
        Round { pieces: pieces.iter().enumerate().map(piece).collect() }
    }

    fn standing(rounds: &[Round], changes: &[Changes]) -> Standing {
        let number = |round: &Round| round.pieces[0].at;
        Standing {
            rounds: rounds.iter().map(|round| (number(round), round.clone())).collect(),
            changes: changes.to_vec(),
        }
    }

    #[test]
    fn all_changes_since_the_beginning_are_as_good_as_a_round_until_they_weigh_too_much() {
        let from_the_first = [changes(0, 5, 10), changes(5, 9, 10)];
        assert_eq!(standing(&[], &from_the_first).choose(20), Deed::Rest);
        assert_eq!(standing(&[], &from_the_first).choose(19), Deed::Begin);
        assert_eq!(standing(&[], &from_the_first[1..]).choose(20), Deed::Begin);
        assert_eq!(standing(&[], &[]).choose(20), Deed::Begin);
    }

    #[test]
    fn a_gap_begins_a_round_that_a_later_round_does_not() {
        let missed = Changes { is_missed: true, ..changes(5, 9, 0) };
        let broken = [changes(0, 5, 1), missed, changes(9, 12, 1)];
        assert_eq!(standing(&[round(&[(7, "")])], &broken[1..]).choose(100), Deed::Begin);
        assert_eq!(standing(&[round(&[(10, "")])], &broken[2..]).choose(100), Deed::Rest);
        let hole = [changes(7, 9, 1), changes(10, 12, 1)];
        assert_eq!(standing(&[round(&[(8, "")])], &hole).choose(100), Deed::Begin);
    }

    #[test]
    fn a_round_that_was_cut_short_goes_on_behind_its_last_piece() {
        let cut = standing(&[round(&[(3, "c"), (4, "k")])], &[changes(0, 5, 1)]);
        assert_eq!(cut.choose(100), Deed::GoOn { round: at(3), place: 2, from: Bytes::from_static(b"k") });
    }

    #[test]
    fn what_a_newer_round_covers_is_forgotten_and_the_rest_stays() {
        let old = round(&[(3, "c"), (4, "m"), (5, "")]);
        let partial = standing(&[old.clone(), round(&[(20, "f")])], &[changes(2, 21, 1)]);
        assert_eq!(partial.choose(100), Deed::Forget(vec![b"3 c".to_vec()]));
        let whole = standing(&[old, round(&[(20, "f"), (22, "")])], &[changes(2, 20, 1), changes(20, 21, 1)]);
        let Deed::Forget(keys) = whole.choose(100) else { panic!("nothing is forgotten") };
        assert_eq!(keys.len(), 4);
        assert_eq!(keys[3], 20_u64.to_be_bytes());
    }

    #[test]
    fn the_last_changes_stay_though_a_round_has_them() {
        let whole = standing(&[round(&[(20, "")])], &[changes(2, 19, 1)]);
        assert_eq!(whole.choose(100), Deed::Rest);
    }
}
