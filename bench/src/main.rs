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
    for scene in chosen {
        eprintln!("· {}: {}", scene.name, scene.about);
        (scene.play)(&mut stage)?;
    }
    report::publish(&stage.finish(), arguments)
}
