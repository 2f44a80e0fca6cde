//! `cargo xtask bench`: loads the release server over real sockets and sets every figure beside a limit that was
//! measured in the same run, on the same disk.
//!
//! Promises: bounded in time, requests and disk space; its scratch directory goes away with it. Knows the server
//! only from outside: its command line, S3, `/-/metrics` and `/proc`.

mod bare;
mod client;
mod limits;
mod load;
mod options;
mod process;
mod report;
mod scenes;
mod source;
mod stage;

use std::process::ExitCode;

use anyhow::bail;
use clap::Parser as _;

use crate::options::{Arguments, Mode};
use crate::stage::Stage;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.mode {
        Some(Mode::Bare) => bare::serve(),
        None => run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let chosen = scenes::choose(arguments)?;
    let mut stage = Stage::set(arguments)?;
    let busy = report::busy();
    let mut broken = Vec::new();
    for scene in chosen {
        eprintln!("· {}: {}", scene.name, scene.about);
        // What the other scenarios find out is worth having.
        if let Err(error) = (scene.play)(&mut stage) {
            eprintln!("  broke off: {error:#}");
            broken.push(scene.name);
        }
    }
    report::publish(&stage.finish(), arguments, busy)?;
    if !broken.is_empty() {
        bail!("these scenarios broke off: {}", broken.join(", "));
    }
    Ok(())
}
