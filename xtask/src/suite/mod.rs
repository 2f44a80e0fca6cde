//! `cargo xtask test`: every check and every test, from a clean clone. It installs what the suites need below
//! `target/` (and Debian's clients, where it may) and ends with `N passed, N failed`.

mod clients;
mod debian;
mod node;
mod rust;
mod step;
mod venv;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use step::Report;

#[derive(Args)]
pub struct Options {
    /// Run one half only.
    #[arg(long)]
    only: Option<Half>,
    /// Only those black-box tests whose names fit pytest's expression.
    #[arg(short, value_name = "EXPR")]
    k: Option<String>,
    /// Drive the release binary instead of the development one.
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Half {
    /// Formatting, house rules, lints and the crates' own tests.
    Rust,
    /// Real clients against the running binary.
    Clients,
}

pub fn run(options: &Options) -> Result<()> {
    let mut report = Report::default();
    // An expression for pytest means that the rest is not asked for.
    let only = options.only.or(options.k.is_some().then_some(Half::Clients));
    if only != Some(Half::Clients) {
        rust::run(&mut report);
    }
    if only != Some(Half::Rust) {
        clients::run(&mut report, options.release, options.k.as_deref());
    }
    let (passed, failed) = report.print();
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("not everything passed");
    }
    Ok(())
}
