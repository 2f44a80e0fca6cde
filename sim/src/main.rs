//! Plays crash scenarios over as many seeds as are asked for.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use sim::disk::{Options, SkippedSync, SyncKind};
use sim::runner::{Conditions, Play, Tally, Trouble, play};
use sim::scenarios::{ALL, named};
use sim::site;

const SITE: &str = "site";

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
    /// So many hours of whole sites instead of so many seeds.
    #[arg(long)]
    hours: Option<f64>,
    /// Devices of whole sites may hang, too.
    #[arg(long)]
    hangs: bool,
    /// Goes on after a failure of a whole site.
    #[arg(long)]
    on: bool,
    /// Shows what the program logs.
    #[arg(long)]
    log: bool,
    /// One scenario instead of all: catalog, index, members, volumes, store or site.
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
    if arguments.log {
        tracing_subscriber::fmt().without_time().with_writer(io::stderr).init();
    }
    if let Some(setting) = unknown(&arguments) {
        eprintln!("the scenario knows no {setting}");
        return ExitCode::from(2);
    }
    if arguments.scenario.as_deref() == Some(SITE) {
        return code(run_sites(&arguments));
    }
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
    let good = plays.iter().filter(|play| run(play, &arguments)).count() == plays.len();
    code(good && (arguments.scenario.is_some() || run_sites(&arguments)))
}

/// A setting that the only scenario to be played does nothing with.
fn unknown(arguments: &Arguments) -> Option<&'static str> {
    let named = arguments.scenario.as_deref()?;
    let of_sites =
        [("--hours", arguments.hours.is_some()), ("--on", arguments.on), ("--hangs", arguments.hangs)];
    let of_others = [
        ("--skip", arguments.skip.is_some()),
        ("--kills", arguments.kills),
        ("--errors", arguments.errors),
        ("--tight", arguments.tight),
    ];
    let unknown = if named == SITE { &of_others[..] } else { &of_sites[..] };
    unknown.iter().find(|(_, is_given)| *is_given).map(|(setting, _)| *setting)
}

const fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whole sites.
fn run_sites(arguments: &Arguments) -> bool {
    let begun = Instant::now();
    let (first, count) = match arguments.seed {
        Some(seed) => (seed, 1),
        None if arguments.hours.is_some() => (arguments.from, u64::MAX / 2),
        None => (arguments.from, arguments.seeds),
    };
    let until = arguments.hours.map(|hours| Duration::from_secs_f64(hours * 3600.0));
    let conditions = site::Conditions { hangs: arguments.hangs, disk: disk(arguments), plant: None };
    let (mut seeds, mut failed) = (0, 0);
    let mut all = site::Played::default();
    for seed in first..first + count {
        if until.is_some_and(|until| begun.elapsed() > until) {
            break;
        }
        match site::play(seed, conditions) {
            Ok(played) => all.add(played),
            Err(failure) => {
                println!("\nFAILED {failure:?}");
                failed += 1;
                if !arguments.on {
                    return false;
                }
            }
        }
        seeds += 1;
        if seeds % 16 == 0 || count == 1 {
            let (elapsed, site::Played { lives, deeds, turns }) = (begun.elapsed().as_secs_f64(), all);
            print!("\rsite: {seeds} seeds, {lives} lives, {deeds} deeds, {turns} turns, {elapsed:.0} s");
            let _ = io::stdout().flush();
        }
    }
    let elapsed = begun.elapsed().as_secs_f64();
    println!("\nsite: {seeds} seeds, {} lives, {elapsed:.0} s, {failed} failed", all.lives);
    failed == 0
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

fn disk(arguments: &Arguments) -> Options {
    Options {
        torn_sectors_are_garbage: arguments.garbage,
        data_sync_forgets_length: arguments.strict,
        ..Options::default()
    }
}

fn conditions(arguments: &Arguments) -> Conditions {
    let bug = arguments.skip.as_ref().map(|path| match path.strip_suffix('/') {
        Some(directory) => SkippedSync::every(SyncKind::Directory, directory),
        None => SkippedSync::every(SyncKind::File, path),
    });
    let trouble = match (arguments.kills, arguments.errors) {
        (true, _) => Trouble::Kill,
        (_, true) => Trouble::Error,
        _ => Trouble::Death,
    };
    Conditions { disk: disk(arguments), trouble, tight: arguments.tight, bug }
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
