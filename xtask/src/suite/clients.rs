//! The second half: real clients against the running binary, by pytest.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;
use crate::suite::step::{Counts, Report};
use crate::suite::{debian, node, venv};

const SUITES: &str = "tests/clients";

pub fn run(report: &mut Report, release: bool, expression: Option<&str>) {
    // By itself, so with the features that ship: what tests add to dependencies must not leak into what is tested.
    let mut build = run::cargo(&["build", "-p", "strongroom"]);
    if release {
        build.arg("--release");
    }
    if !report.program("build the server", build) {
        return;
    }
    let mut python = PathBuf::new();
    let made = report.step("pinned clients in target/venv", || {
        python = venv::make(&run::root().join(SUITES).join("requirements.txt"))?;
        Ok(Counts::PASSED)
    });
    for absent in debian::install(&["s3cmd", "rclone", "restic"]) {
        report.note(format!("{absent} is not here and could not be installed: its tests are skipped"));
    }
    if let Err(error) = node::install() {
        report.note(format!("no OpenID Connect server ({error:#}): tests with its tokens are skipped"));
    }
    if made {
        report.step("clients", || pytest(&python, &binary(release), expression));
    }
}

/// Where cargo puts it, whatever the target directory.
fn binary(release: bool) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| run::root().join("target"), PathBuf::from);
    run::root().join(target).join(if release { "release" } else { "debug" }).join("strongroom")
}

fn pytest(python: &Path, binary: &Path, expression: Option<&str>) -> Result<Counts> {
    let report = run::root().join("target/clients.xml");
    let mut pytest: Command = run::command(python);
    pytest.args(["-m", "pytest", "-q", "-ra", "--durations=10", SUITES]);
    pytest.arg(format!("--junitxml={}", report.display()));
    if let Some(expression) = expression {
        pytest.args(["-k", expression]);
    }
    pytest.env("STRONGROOM_BINARY", binary).env("PYTHONDONTWRITEBYTECODE", "1");
    let (succeeded, _) = run::watch(pytest, |_| false)?;
    let text = std::fs::read_to_string(&report).context("pytest left no report")?;
    Ok(counts(&text).of_program(succeeded))
}

/// From the head of a JUnit report: `<testsuite … errors="0" failures="1" skipped="2" tests="30" …>`.
fn counts(report: &str) -> Counts {
    let suite =
        report.split("<testsuite ").nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default();
    let number = |name: &str| -> u64 {
        let value = suite.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        value.and_then(|value| value.parse().ok()).unwrap_or(0)
    };
    let (failed, skipped) = (number("failures") + number("errors"), number("skipped"));
    Counts { passed: number("tests").saturating_sub(failed + skipped), failed, skipped }
}

#[cfg(test)]
mod tests {
    use super::counts;
    use crate::suite::step::Counts;

    #[test]
    fn the_head_of_a_junit_report_is_read() {
        let report = "<?xml version=\"1.0\"?><testsuites name=\"t\"><testsuite name=\"pytest\" errors=\"1\" failures=\"2\" skipped=\"3\" tests=\"30\" time=\"1.5\">";
        assert_eq!(counts(report), Counts { passed: 24, failed: 3, skipped: 3 });
    }
}
