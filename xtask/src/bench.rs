//! `cargo xtask bench` and `cargo xtask sim`: both only start another program of the workshop.

use anyhow::Result;

use crate::run;

/// The load generator starts the server that stands beside it, so both are built first, with the same settings.
pub fn bench(arguments: &[String]) -> Result<()> {
    run::must(run::cargo(&["build", "--release", "-p", "strongroom", "-p", "strongroom-bench"]))?;
    let mut bench = run::cargo(&["run", "--release", "--quiet", "-p", "strongroom-bench", "--"]);
    bench.args(arguments);
    run::must(bench)
}

/// Release, because a seed is thousands of deaths and reopenings.
pub fn sim(arguments: &[String]) -> Result<()> {
    let mut sim = run::cargo(&["run", "--release", "--quiet", "-p", "strongroom-sim", "--"]);
    sim.args(arguments);
    run::must(sim)
}
