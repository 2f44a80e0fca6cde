//! The project's own commands: `cargo xtask tidy | fix | test | bench | sim | codegen | durability`.
//!
//! Promises: checks never write into the tree (`fix`, `codegen` and `durability` do), every command ends nonzero when something
//! is wrong. Knows nothing about S3.

mod bench;
mod codegen;
mod durability;
mod fix;
mod run;
mod suite;
mod tidy;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Strongroom's own commands",
    after_help = "Example: cargo xtask test --only rust"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the house rules: floors, sizes, heads, names, words, the map and the dependencies' lines.
    Tidy,
    /// Write the types and codecs of AWS's operations anew from the pinned service models.
    Codegen {
        /// Write nothing; fail when what is checked in is not what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Compute docs/durability.md's tables and chart anew.
    Durability {
        /// Write nothing; fail when what is checked in is not what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Format, apply clippy's suggestions and write the generated code anew. The only command that edits sources.
    Fix,
    /// Run every check and every test; the last line is `N passed, N failed`.
    Test(suite::Options),
    /// Load the release binary and print ratios against what this machine can do; all arguments are passed on.
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the crash simulation by hand; all arguments are passed on.
    Sim {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Tidy => tidy::run(),
        Command::Codegen { check } => codegen::run(check),
        Command::Durability { check } => durability::run(check),
        Command::Fix => fix::run(),
        Command::Test(options) => suite::run(&options),
        Command::Bench { arguments } => bench::bench(&arguments),
        Command::Sim { arguments } => bench::sim(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
