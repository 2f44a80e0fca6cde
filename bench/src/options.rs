//! The command line, and what `--quick` means.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "strongroom-bench",
    about = "Loads a Strongroom server and prints ratios against this machine's limits",
    after_help = "Example: cargo xtask bench --only small-put"
)]
pub struct Arguments {
    /// At most 90 seconds: fewer keys, shorter rounds, 256 MiB instead of 5 GiB
    #[arg(long)]
    pub quick: bool,
    /// Only these scenarios; may be repeated (an unknown name lists them all)
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// The server's binary
    #[arg(long, value_name = "FILE", default_value = "target/release/strongroom")]
    pub server: PathBuf,
    /// Another release's binary, which the scenario `against` compares with
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// Where the servers' data and the bare loops' files go; must be a real disk
    #[arg(long, value_name = "DIR", default_value = "target/bench-scratch")]
    pub scratch: PathBuf,
    /// Keys in the large bucket [default: 1000000, quick: 50000]
    #[arg(long, value_name = "COUNT")]
    pub keys: Option<u64>,
    /// Name of the results' file [default: full, quick, or the scenarios' names]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    #[command(subcommand)]
    pub mode: Option<Mode>,
}

#[derive(Subcommand)]
pub enum Mode {
    /// Serve fixed bytes with hyper alone: what the others are compared with
    #[command(hide = true)]
    Bare,
}

/// How much work a scenario does.
pub struct Scale {
    pub keys: u64,
    pub keys_small: u64,
    pub rounds: usize,
    pub round: Duration,
    pub large_bytes: u64,
    pub pages: u64,
}

impl Arguments {
    pub fn scale(&self) -> Scale {
        let seconds = |count| Duration::from_secs(count);
        if self.quick {
            return Scale {
                keys: self.keys.unwrap_or(50_000),
                keys_small: 10_000,
                rounds: 2,
                round: seconds(2),
                large_bytes: 256 << 20,
                pages: 60,
            };
        }
        Scale {
            keys: self.keys.unwrap_or(1_000_000),
            keys_small: 10_000,
            rounds: 5,
            round: seconds(3),
            large_bytes: 5 << 30,
            pages: 200,
        }
    }

    pub fn results_name(&self) -> String {
        match (&self.name, &self.only[..], self.quick) {
            (Some(name), ..) => name.clone(),
            (None, [], false) => "full".to_owned(),
            (None, [], true) => "quick".to_owned(),
            (None, only, _) => only.join("+"),
        }
    }
}
