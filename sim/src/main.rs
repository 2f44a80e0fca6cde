//! Plays crash scenarios over as many seeds as are asked for.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use sim::disk::{Options, SkippedSync, SyncKind};
use sim::runner::{Conditions, Play, Tally, Trouble, play};
use sim::scenarios::{ALL, named};

/// Plays crash scenarios on a simulated disk: each seed dies at each of its deeds.
///
/// Example: `cargo run -p strongroom-sim --release -- --seeds 5000 --scenario volumes`
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// How many seeds of each scenario.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This seed and no other.
    #[arg(long)]
    seed: Option<u64>,
    /// One scenario instead of all: catalog, members, volumes or store.
    #[arg(long)]
    scenario: Option<String>,
    /// Plants a bug: syncs of this file prefix do nothing (or of this directory, when it ends with `/`).
    #[arg(long)]
    skip: Option<String>,
    /// The program is killed at each deed and started again before the power goes.
    #[arg(long, conflicts_with = "errors")]
    kills: bool,
    /// The device errs once at each deed, and the program is started again before the power goes.
    #[arg(long)]
    errors: bool,
    /// The disk is so small that it fills up.
    #[arg(long)]
    tight: bool,
    /// Sectors that are being written at the power cut may hold noise.
    #[arg(long)]
    garbage: bool,
    /// Takes the disk port at its word: only `sync_all` keeps a changed length.
    #[arg(long)]
    strict: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let plays = match &arguments.scenario {
        None => ALL.to_vec(),
        Some(name) => match named(name) {
            Some(play) => vec![play],
            None => {
                eprintln!("there is no scenario {name}");
                return ExitCode::from(2);
            }
        },
    };
    let good = plays.iter().filter(|play| run(play, &arguments)).count();
    if good == plays.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// False when an invariant broke.
fn run(scenario: &Play, arguments: &Arguments) -> bool {
    let conditions = conditions(arguments);
    let (first, count) = match arguments.seed {
        Some(seed) => (seed, 1),
        None => (arguments.from, arguments.seeds),
    };
    let begun = Instant::now();
    let mut tally = Tally::default();
    for seed in first..first + count {
        match play(scenario, &conditions, seed) {
            Ok(played) => tally.add(played),
            Err(failure) => {
                progress(scenario, &tally, count, begun);
                println!("\nFAILED {failure:?}");
                return false;
            }
        }
        if seed % 8 == 0 {
            progress(scenario, &tally, count, begun);
        }
    }
    progress(scenario, &tally, count, begun);
    let Tally { seeds, deaths, .. } = tally;
    println!("\n{}: {seeds} seeds, {deaths} deaths, nothing lost", scenario.name);
    true
}

fn conditions(arguments: &Arguments) -> Conditions {
    let disk = Options {
        torn_sectors_are_garbage: arguments.garbage,
        data_sync_forgets_length: arguments.strict,
        ..Options::default()
    };
    let bug = arguments.skip.as_ref().map(|path| match path.strip_suffix('/') {
        Some(directory) => SkippedSync::every(SyncKind::Directory, directory),
        None => SkippedSync::every(SyncKind::File, path),
    });
    let trouble = match (arguments.kills, arguments.errors) {
        (true, _) => Trouble::Kill,
        (_, true) => Trouble::Error,
        _ => Trouble::Death,
    };
    Conditions { disk, trouble, tight: arguments.tight, bug }
}

/// One line that overwrites itself; a log gets only the last.
fn progress(scenario: &Play, tally: &Tally, count: u64, begun: Instant) {
    if !io::stdout().is_terminal() && tally.seeds < count {
        return;
    }
    let filled = usize::try_from(tally.seeds * 30 / count.max(1)).unwrap_or(0);
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(30 - filled.min(30)));
    let elapsed = begun.elapsed().as_secs_f64();
    print!(
        "\r{:8} [{bar}] {}/{count} seeds, {} deaths, {elapsed:.0} s",
        scenario.name, tally.seeds, tally.deaths
    );
    // A terminal that is gone does not stop the run.
    let _ = io::stdout().flush();
}
