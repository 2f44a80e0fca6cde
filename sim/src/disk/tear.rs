//! How a power cut leaves unsynced writes: which sectors of which call landed.
//!
//! Any subset is legal. Drawing each sector by a coin would almost never keep a large write whole or lose only
//! its end, so a crash first draws a mood, then each call a shape.

use crate::Dice;

pub struct Tear {
    mood: Mood,
    call: u64,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Mood {
    Everything,
    Nothing,
    /// Each call whole or not at all: reordered, never torn.
    WholeCalls,
    /// Each call in its own shape.
    Shapes,
    /// Each sector in so many of a hundred cases.
    Sectors(u64),
}

#[derive(Clone, Copy)]
enum Shape {
    Whole,
    Absent,
    /// Its first sectors, up to some point.
    Head,
    /// Its last sectors, from some point on.
    Tail,
    Coins(u64),
}

impl Tear {
    pub fn draw(dice: &Dice) -> Self {
        let mood = match dice.below(8) {
            0 => Mood::Everything,
            1 => Mood::Nothing,
            2 | 3 => Mood::WholeCalls,
            4 | 5 => Mood::Shapes,
            6 => Mood::Sectors(50),
            _ => Mood::Sectors(90),
        };
        Self { mood, call: 0, shape: Shape::Absent }
    }

    /// The sectors of `mask` that landed; a page's call is drawn once, its pages come in order.
    pub fn sectors(&mut self, call: u64, mask: u8, dice: &Dice) -> u8 {
        self.turn_to(call, dice);
        let mut kept = 0;
        for bit in (0..u8::BITS).map(|sector| 1 << sector).filter(|bit| mask & bit != 0) {
            if self.keeps_next(dice) {
                kept |= bit;
            }
        }
        kept
    }

    fn turn_to(&mut self, call: u64, dice: &Dice) {
        if call == self.call {
            return;
        }
        self.call = call;
        self.shape = match self.mood {
            Mood::Everything => Shape::Whole,
            Mood::Nothing => Shape::Absent,
            Mood::WholeCalls if dice.coin() => Shape::Whole,
            Mood::WholeCalls => Shape::Absent,
            Mood::Sectors(percent) => Shape::Coins(percent),
            Mood::Shapes => match dice.below(5) {
                0 => Shape::Whole,
                1 => Shape::Absent,
                2 => Shape::Head,
                3 => Shape::Tail,
                _ => Shape::Coins(dice.between(1, 100)),
            },
        };
    }

    fn keeps_next(&mut self, dice: &Dice) -> bool {
        match self.shape {
            Shape::Whole => true,
            Shape::Absent => false,
            Shape::Coins(percent) => dice.chance(percent),
            Shape::Head => {
                if dice.chance(15) {
                    self.shape = Shape::Absent;
                }
                true
            }
            Shape::Tail => {
                if dice.chance(15) {
                    self.shape = Shape::Whole;
                }
                false
            }
        }
    }
}
