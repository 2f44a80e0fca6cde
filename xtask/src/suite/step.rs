//! The steps of a run: what each was, how it ended, how many tests it held and how long it took.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::run;

/// How many tests of a step passed, failed and were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

#[derive(Default)]
pub struct Report {
    steps: Vec<Step>,
    /// Things that a reader should know, though they are no failures.
    notes: Vec<String>,
}

struct Step {
    name: String,
    counts: Counts,
    took: Duration,
}

impl Counts {
    pub const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// A program that failed without naming a failed test (it did not compile, it crashed) is itself a failure.
    pub fn of_program(self, succeeded: bool) -> Self {
        if !succeeded && self.failed == 0 { Self { failed: 1, ..self } } else { self }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            passed: sum.passed + one.passed,
            failed: sum.failed + one.failed,
            skipped: sum.skipped + one.skipped,
        })
    }
}

impl Report {
    /// Runs one step. An error is told and counts as one failure. True when nothing failed.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Counts>) -> bool {
        println!("\n── {name}");
        let start = Instant::now();
        let counts = work().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Counts::FAILED
        });
        self.steps.push(Step { name: name.to_owned(), counts, took: start.elapsed() });
        counts.failed == 0
    }

    /// A step that is one program, which passes or fails as a whole.
    pub fn program(&mut self, name: &str, command: Command) -> bool {
        self.step(name, || run::must(command).map(|()| Counts::PASSED))
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints the table; what passed and failed in all.
    pub fn print(&self) -> (u64, u64) {
        println!();
        for Step { name, counts, took } in &self.steps {
            let word = if counts.failed == 0 { "ok  " } else { "FAIL" };
            println!(
                "{word} {name:<34} {:>5} passed {:>4} failed {:>4} skipped {:>7.1} s",
                counts.passed,
                counts.failed,
                counts.skipped,
                took.as_secs_f64()
            );
        }
        for note in &self.notes {
            println!("note: {note}");
        }
        let all: Counts = self.steps.iter().map(|step| step.counts).sum();
        let took: Duration = self.steps.iter().map(|step| step.took).sum();
        println!("{} skipped, {:.0} s", all.skipped, took.as_secs_f64());
        (all.passed, all.failed)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::{Counts, Report};

    #[test]
    fn a_program_that_fails_without_a_failed_test_counts_as_one() {
        assert_eq!(Counts::default().of_program(false).failed, 1);
        assert_eq!(Counts { failed: 3, ..Counts::default() }.of_program(false).failed, 3);
        assert_eq!(Counts::PASSED.of_program(true), Counts::PASSED);
    }

    #[test]
    fn the_report_sums_its_steps_and_an_error_is_a_failure() {
        let mut report = Report::default();
        assert!(report.step("good", || Ok(Counts { passed: 7, failed: 0, skipped: 2 })));
        assert!(!report.step("bad", || bail!("no")));
        assert_eq!(report.print(), (7, 1));
    }
}
