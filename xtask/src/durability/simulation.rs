//! The same assumptions played out, device by device and place by place, with nothing of the chain's arithmetic:
//! what a count of many years says where losses are frequent enough to be seen.

use world::{Random, SeededRandom};

use crate::durability::chain::Risk;

/// How long a repair or an unnoticed damage lasts, with the same mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// As the chain has it: no matter how long it lasted already.
    Memoryless,
    /// As a device is: a repair takes its time, and the scrub comes round every so often.
    Regular,
}

/// What share of so many simulated runs of `hours` ended in a loss, and its standard error.
pub fn loss_within(risk: &Risk, hours: f64, runs: u32, lasting: Lasting) -> (f64, f64) {
    let chance = Chance(SeededRandom::new(1));
    let lost = (0..runs).filter(|_| Run::new(risk, lasting, &chance).ends_in_loss(hours)).count();
    let share = lost as f64 / f64::from(runs);
    (share, (share * (1.0 - share) / f64::from(runs)).sqrt())
}

struct Chance(SeededRandom);

impl Chance {
    /// Above 0 and at most 1.
    fn uniform(&self) -> f64 {
        ((self.0.u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    fn waiting(&self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }
}

#[derive(Clone, Default)]
struct Device {
    /// Missing until then.
    repaired: Option<f64>,
    /// One of its places is unreadable until then.
    scrubbed: f64,
}

struct Run<'a> {
    risk: &'a Risk,
    lasting: Lasting,
    chance: &'a Chance,
    now: f64,
    devices: Vec<Device>,
}

impl<'a> Run<'a> {
    fn new(risk: &'a Risk, lasting: Lasting, chance: &'a Chance) -> Self {
        Self { risk, lasting, chance, now: 0.0, devices: vec![Device::default(); risk.devices] }
    }

    fn ends_in_loss(mut self, hours: f64) -> bool {
        while self.now < hours {
            let (left, missing) = (self.present().count(), self.missing());
            let stress = if missing > 0 { self.risk.stress } else { 1.0 };
            let failures = left as f64 * self.risk.failure_rate * stress;
            let damages = left as f64 * self.risk.damage_rate;
            let rates = failures + damages + self.risk.shock_rate;
            let happens = self.now + self.chance.waiting(rates);
            let next_repair = self.devices.iter().filter_map(|device| device.repaired).fold(hours, f64::min);
            if happens.min(next_repair) >= hours {
                return false;
            }
            self.now = happens.min(next_repair);
            if next_repair <= happens {
                self.repair();
                continue;
            }
            match self.chance.uniform() * rates {
                which if which <= failures => self.fail_one(),
                which if which <= failures + damages => self.damage_one(),
                _ => self.shock(),
            }
            let damaged = self.present().any(|at| self.devices[at].scrubbed > self.now);
            if self.missing() > self.risk.parity || (self.missing() == self.risk.parity && damaged) {
                return true;
            }
        }
        false
    }

    fn present(&self) -> impl Iterator<Item = usize> {
        (0..self.devices.len()).filter(|&at| self.devices[at].repaired.is_none())
    }

    fn missing(&self) -> usize {
        self.devices.len() - self.present().count()
    }

    fn any_present(&self) -> Option<usize> {
        let nth = (self.chance.uniform() * self.present().count() as f64) as usize;
        self.present().nth(nth).or_else(|| self.present().last())
    }

    fn repair(&mut self) {
        for device in &mut self.devices {
            if device.repaired.is_some_and(|at| at <= self.now) {
                *device = Device::default();
            }
        }
    }

    fn fail(&mut self, at: usize) {
        let lasts = match self.lasting {
            Lasting::Memoryless => self.chance.waiting(1.0 / self.risk.repair_h),
            Lasting::Regular => self.risk.repair_h,
        };
        self.devices[at].repaired = Some(self.now + lasts);
    }

    fn fail_one(&mut self) {
        if let Some(at) = self.any_present() {
            self.fail(at);
        }
    }

    fn damage_one(&mut self) {
        let lasts = match self.lasting {
            Lasting::Memoryless => self.chance.waiting(1.0 / self.risk.damage_h),
            // The scrub comes by every two mean times, and was last here at any time before.
            Lasting::Regular => 2.0 * self.risk.damage_h * self.chance.uniform(),
        };
        if let Some(at) = self.any_present() {
            let until = self.now + lasts;
            self.devices[at].scrubbed = self.devices[at].scrubbed.max(until);
        }
    }

    fn shock(&mut self) {
        for at in self.present().collect::<Vec<_>>() {
            if self.chance.uniform() <= self.risk.shock_kills {
                self.fail(at);
            }
        }
    }
}
