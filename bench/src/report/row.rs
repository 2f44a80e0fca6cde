//! One figure, what it should be, and how it came about.

use serde::Serialize;

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub scene: &'static str,
    pub what: String,
    pub figure: f64,
    pub unit: &'static str,
    /// The least and the greatest of several rounds, of which `figure` is the median.
    pub spread: Option<(f64, f64)>,
    pub budget: Option<Budget>,
    pub pass: Option<bool>,
    /// The figures behind it.
    pub basis: String,
}

impl Row {
    pub fn new(scene: &'static str, what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        let what = what.into();
        Self { scene, what, figure, unit, spread: None, budget: None, pass: None, basis: String::new() }
    }

    /// The median of rounds, and their spread.
    pub fn of_rounds(
        scene: &'static str,
        what: impl Into<String>,
        mut rounds: Vec<f64>,
        unit: &'static str,
    ) -> Self {
        rounds.sort_by(f64::total_cmp);
        let middle = rounds.len() / 2;
        let median = match rounds.get(middle) {
            Some(upper) if rounds.len().is_multiple_of(2) => {
                rounds.get(middle - 1).map_or(*upper, |lower| (lower + upper) / 2.0)
            }
            Some(middle) => *middle,
            None => f64::NAN,
        };
        let spread = rounds.first().copied().zip(rounds.last().copied());
        Self { spread, ..Self::new(scene, what, median, unit) }
    }

    #[must_use]
    pub fn at_most(mut self, most: f64) -> Self {
        self.budget = Some(Budget::AtMost(most));
        self.pass = Some(self.figure <= most);
        self
    }

    #[must_use]
    pub fn at_least(mut self, least: f64) -> Self {
        self.budget = Some(Budget::AtLeast(least));
        self.pass = Some(self.figure >= least);
        self
    }

    #[must_use]
    pub fn basis(mut self, basis: impl Into<String>) -> Self {
        self.basis = basis.into();
        self
    }

    /// How much of its budget it uses: 1 is all of it, more is a miss.
    pub fn used(&self) -> Option<f64> {
        match self.budget? {
            Budget::AtMost(most) => Some(self.figure / most),
            Budget::AtLeast(least) => Some(least / self.figure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_rounds_is_held_against_the_budget() {
        let row = Row::of_rounds("s", "w", vec![5.0, 1.0, 3.0], "×").at_least(3.0);
        assert_eq!((row.figure, row.spread, row.pass), (3.0, Some((1.0, 5.0)), Some(true)));
        let row = Row::of_rounds("s", "w", vec![4.0, 2.0], "×").at_most(2.5);
        assert_eq!((row.figure, row.pass, row.used()), (3.0, Some(false), Some(1.2)));
    }
}
