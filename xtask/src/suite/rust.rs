//! The first half: what needs only cargo. Two configurations are compiled: clippy's and the tests'.

use anyhow::Result;

use crate::codegen;
use crate::durability;
use crate::run;
use crate::suite::step::{Counts, Report};
use crate::tidy;

pub fn run(report: &mut Report) {
    report.program("cargo fmt --check", run::cargo(&["fmt", "--all", "--check"]));
    report.step("tidy", || tidy::run().map(|()| Counts::PASSED));
    report.step("codegen --check", || codegen::run(true).map(|()| Counts::PASSED));
    report.step("durability --check", || durability::run(true).map(|()| Counts::PASSED));
    report.program(
        "clippy",
        run::cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    );
    report.step("cargo test", tests);
}

fn tests() -> Result<Counts> {
    let command = run::cargo(&["test", "--workspace", "--no-fail-fast"]);
    let (succeeded, lines) = run::watch(command, |line| line.contains("test result: "))?;
    Ok(lines.iter().map(|line| counts(line)).sum::<Counts>().of_program(succeeded))
}

/// From `test result: ok. 12 passed; 0 failed; 0 ignored; …`.
fn counts(line: &str) -> Counts {
    let number = |name: &str| {
        let before = line.split(name).next()?;
        before.rsplit([' ', ';']).find(|word| !word.is_empty())?.parse().ok()
    };
    Counts {
        passed: number(" passed").unwrap_or(0),
        failed: number(" failed").unwrap_or(0),
        skipped: number(" ignored").unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::counts;
    use crate::suite::step::Counts;

    #[test]
    fn cargo_s_result_lines_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(counts(line), Counts { passed: 12, failed: 3, skipped: 1 });
    }
}
