//! What befalls the machine in one life, drawn within what the layout promises to bear.

use std::time::Duration;

use super::drive::Ailment;
use crate::Dice;

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The program is told to stop.
    Order,
    /// The program is killed; the machine runs on.
    Kill,
    /// The power goes.
    Power,
}

/// Of one device, while the site is closed or from its opening on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It is not plugged in.
    Away,
    /// An older image of it is.
    Older,
    /// Bits of it flip.
    Rot,
    Errs,
    Dies,
    Hangs,
}

#[derive(Clone, Debug)]
pub struct Faults {
    pub end: End,
    /// The end comes at this deed of all devices together, if it comes before the work is done.
    pub at_deed: Option<u64>,
    pub mishaps: Vec<(usize, Mishap)>,
    /// Devices change their places.
    pub shuffle: bool,
    /// Repair is waited for.
    pub mend: bool,
}

impl Mishap {
    /// Whether the device is no witness at the start.
    pub const fn silences(self) -> bool {
        matches!(self, Self::Away | Self::Older | Self::Rot)
    }

    pub fn ailment(self, dice: &Dice) -> Ailment {
        let at = dice.below([30, 100, 400][dice.index(3)]);
        let long = [Duration::from_secs(4), Duration::from_secs(25), Duration::MAX][dice.index(3)];
        match self {
            Self::Errs => Ailment { errs: Some(at), ..Ailment::default() },
            Self::Dies => Ailment { dies: Some(at), ..Ailment::default() },
            Self::Hangs => Ailment { hangs: Some((at, long)), ..Ailment::default() },
            Self::Away | Self::Older | Self::Rot => Ailment::default(),
        }
    }
}

impl Faults {
    /// `well`: the devices that lack nothing; `budget`: how many of them may be lost; `silent`: how many may be missing
    /// at the start.
    pub fn draw(dice: &Dice, well: &[usize], budget: usize, silent: usize, alone: bool) -> Self {
        let mut well = well.to_vec();
        let mut mishaps: Vec<(usize, Mishap)> = Vec::new();
        let count = if dice.chance(60) { dice.below(budget as u64 + 1) as usize } else { 0 };
        for _ in 0..count.min(well.len()) {
            let device = well.swap_remove(dice.index(well.len()));
            let mishap =
                [Mishap::Away, Mishap::Older, Mishap::Rot, Mishap::Errs, Mishap::Dies, Mishap::Hangs]
                    [dice.index(6)];
            let silenced = mishaps.iter().filter(|(_, mishap)| mishap.silences()).count();
            if !mishap.silences() || silenced < silent {
                mishaps.push((device, mishap));
            }
        }
        // Nobody goes on without the only device; an error it may have, and is then asked anew.
        if alone && dice.chance(20) {
            mishaps.push((0, Mishap::Errs));
        }
        Self {
            end: [End::Order, End::Kill, End::Power, End::Power][dice.index(4)],
            at_deed: dice.chance(60).then(|| dice.below([60, 400, 1000, 1000][dice.index(4)])),
            mishaps,
            shuffle: dice.chance(20),
            mend: dice.chance(30),
        }
    }

    pub fn of(&self, device: usize) -> Option<Mishap> {
        self.mishaps.iter().find(|(at, _)| *at == device).map(|(_, mishap)| *mishap)
    }
}
