//! `strongroom`: Amazon S3 for your own machines. Reads the command line and hands over.

mod access_lines;
mod account;
mod backup;
mod beside;
mod cli;
mod client;
mod corridor;
mod data_dir;
mod engine;
mod kept;
mod log_buffer;
mod log_fields;
mod master_key;
mod operate;
mod rebalance;
mod rebuild;
mod root;
mod serve;
mod settings;
mod size;
mod telemetry;
mod unfinished;
mod watched;

use std::process::ExitCode;

use clap::Parser;

use backup::Incomplete;
use cli::{Cli, Command};

/// 2 is the command line's.
const INCOMPLETE: u8 = 3;

/// Half of a small request's memory work is short-lived headers and rows; measured, this costs a signed GET less
/// than the system's allocator and gives large buffers back as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Account { action } => account::run(action),
        Command::Status { output } => operate::status(&output),
        Command::Device { action } => operate::device(action),
        Command::Repair { output } => operate::repair(&output),
        Command::Rebalance(arguments) => rebalance::run(&arguments),
        Command::Scrub { output } => operate::scrub(&output),
        Command::Verify(arguments) if arguments.rebuild => rebuild::run(*arguments),
        Command::Verify(arguments) => operate::verify(&arguments.output),
        Command::Backup(arguments) => backup::run(*arguments),
        Command::Restore(arguments) => backup::run_restore(*arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("strongroom: {error:#}");
            if error.is::<Incomplete>() { ExitCode::from(INCOMPLETE) } else { ExitCode::FAILURE }
        }
    }
}
