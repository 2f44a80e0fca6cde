//! The probability of a loss within a time, by a birth–death chain: how many devices of a set are missing at once.
//!
//! States 0 to `parity` are whole, beyond lies the loss, from which nothing comes back. All sums are of numbers that
//! are not negative, so that a probability of 10⁻²⁰ has as many right digits as one of a half.

/// A set of devices and what happens to it. Rates are per hour.
#[derive(Clone, Copy, Debug)]
pub struct Risk {
    pub devices: usize,
    /// So many may be missing at once, and one more is a loss.
    pub parity: usize,
    pub failure_rate: f64,
    /// From a device's failure until its shards are elsewhere, on average; each is repaired by itself.
    pub repair_h: f64,
    /// Places that turn unreadable on a device, and how long one stays unnoticed. Found without parity left, it is a loss.
    pub damage_rate: f64,
    pub damage_h: f64,
    /// Failures are so many times as frequent while a device is missing.
    pub stress: f64,
    /// Shocks come at this rate, and each device does not survive one with this probability.
    pub shock_rate: f64,
    pub shock_kills: f64,
}

type Matrix = Vec<Vec<f64>>;

impl Risk {
    pub fn loss_within(&self, hours: f64) -> f64 {
        let rates = self.rates();
        let fastest = rates.iter().map(|row| row.iter().sum()).fold(0.0, f64::max);
        if fastest == 0.0 {
            return 0.0;
        }
        // Halved until a jump is unlikely within a step, then doubled again: squares of the step's matrix.
        let doublings = (fastest * hours).log2().ceil().max(0.0) as i32;
        let mut steps = within_a_step(&rates, hours / 2f64.powi(doublings));
        for _ in 0..doublings {
            steps = product(&steps, &steps);
        }
        steps[0][self.parity + 1]
    }

    /// From each state to each other one; the diagonal is 0.
    fn rates(&self) -> Matrix {
        let lost = self.parity + 1;
        let mut rates = vec![vec![0.0; lost + 1]; lost + 1];
        for (missing, row) in rates.iter_mut().enumerate().take(lost) {
            let left = self.devices - missing;
            let stress = if missing > 0 { self.stress } else { 1.0 };
            row[missing + 1] += left as f64 * self.failure_rate * stress;
            for killed in 1..=left {
                row[(missing + killed).min(lost)] +=
                    self.shock_rate * binomial(left, killed, self.shock_kills);
            }
            // Who comes to the last state finds what was damaged before; more is damaged while there.
            if missing < self.parity {
                let found =
                    -(-((self.devices - self.parity) as f64) * self.damage_rate * self.damage_h).exp_m1();
                let entering = row[self.parity];
                row[self.parity] = entering * (1.0 - found);
                row[lost] += entering * found;
            } else {
                row[lost] += left as f64 * self.damage_rate;
            }
            if missing > 0 {
                row[missing - 1] += missing as f64 / self.repair_h;
            }
        }
        rates
    }
}

/// Uniformization: jumps come at the fastest state's rate, and in slower states some of them change nothing.
fn within_a_step(rates: &Matrix, hours: f64) -> Matrix {
    let sums: Vec<f64> = rates.iter().map(|row| row.iter().sum()).collect();
    let fastest = sums.iter().copied().fold(0.0, f64::max);
    let mut jump = rates.clone();
    for (state, row) in jump.iter_mut().enumerate() {
        row.iter_mut().for_each(|rate| *rate /= fastest);
        row[state] += 1.0 - sums[state] / fastest;
    }
    let mut term: Matrix = (0..rates.len()).map(|at| unit(at, rates.len())).collect();
    let mut sum = vec![vec![0.0; rates.len()]; rates.len()];
    let mut chance = (-fastest * hours).exp();
    // With at most one jump expected, more than thirty are as good as impossible.
    for jumps in 1..30 {
        for (into, from) in sum.iter_mut().flatten().zip(term.iter().flatten()) {
            *into += chance * from;
        }
        term = product(&term, &jump);
        chance *= fastest * hours / f64::from(jumps);
    }
    sum
}

fn unit(at: usize, length: usize) -> Vec<f64> {
    (0..length).map(|other| f64::from(u8::from(other == at))).collect()
}

fn product(left: &Matrix, right: &Matrix) -> Matrix {
    let column = |row: &[f64], at: usize| row.iter().zip(right).map(|(value, other)| value * other[at]).sum();
    left.iter().map(|row| (0..row.len()).map(|at| column(row, at)).collect()).collect()
}

/// Exactly so many of all, each with the same chance.
pub fn binomial(all: usize, chosen: usize, chance: f64) -> f64 {
    let ways: f64 = (0..chosen).map(|at| (all - at) as f64 / (at + 1) as f64).product();
    ways * chance.powi(chosen as i32) * (1.0 - chance).powi((all - chosen) as i32)
}

#[cfg(test)]
mod tests {
    use super::Risk;

    const PLAIN: Risk = Risk {
        devices: 6,
        parity: 2,
        failure_rate: 1e-6,
        repair_h: 100.0,
        damage_rate: 0.0,
        damage_h: 0.0,
        stress: 1.0,
        shock_rate: 0.0,
        shock_kills: 0.0,
    };

    fn assert_near(found: f64, expected: f64, tolerance: f64) {
        assert!((found / expected - 1.0).abs() < tolerance, "{found:e} instead of {expected:e}");
    }

    #[test]
    fn one_device_alone_is_lost_as_it_fails() {
        let alone = Risk { devices: 1, parity: 0, failure_rate: 1e-4, ..PLAIN };
        assert_near(alone.loss_within(1000.0), -(-0.1f64).exp_m1(), 1e-12);
    }

    #[test]
    fn rare_losses_follow_the_formula_by_hand() {
        // One of 6 fails while 2 of the other 5 are missing, each so with probability rate × repair time.
        let by_hand = 8760.0 * 6.0 * 1e-6 * 10.0 * (1e-6 * 100.0f64).powi(2);
        assert_near(PLAIN.loss_within(8760.0), by_hand, 0.02);
    }

    #[test]
    fn losses_of_one_in_ten_to_the_thirty_keep_their_digits() {
        let six = Risk { devices: 12, parity: 6, failure_rate: 1e-7, repair_h: 10.0, ..PLAIN };
        let by_hand = 8760.0 * 12.0 * 1e-7 * 462.0 * 1e-36;
        assert_near(six.loss_within(8760.0), by_hand, 0.01);
    }

    #[test]
    fn a_shock_that_kills_all_is_a_loss_at_its_rate_whatever_the_parity() {
        let shaken = Risk { parity: 4, shock_rate: 1e-6, shock_kills: 1.0, ..PLAIN };
        assert_near(shaken.loss_within(8760.0), -(-8760e-6f64).exp_m1(), 1e-6);
    }
}
