//! `strongroom rebalance`, and what `strongroom status` says of bytes that are moved while they are well.

use std::io::IsTerminal as _;
use std::thread;

use bytes::Bytes;
use http::Method;
use indicatif::HumanBytes;
use serde_json::Value;

use crate::cli::RebalanceArgs;
use crate::client::Client;
use crate::operate::{EVERY, bar, done, fetch};

const PATH: &str = "/-/admin/v1/rebalance";
/// Looks without anything moving after which nothing is left to move: it begins within five seconds.
const QUIET_LOOKS: usize = 12;

pub fn run(arguments: &RebalanceArgs) -> anyhow::Result<()> {
    let (client, output) = (Client::from_environment()?, &arguments.output);
    let say = |deed: &str| client.call(Method::POST, &format!("{PATH}/{deed}"), Bytes::new());
    if arguments.pause {
        say("pause")?;
        return done(output, "no more shards move until `strongroom rebalance --resume`");
    }
    if arguments.resume {
        say("resume")?;
        return done(output, "shards move again where devices differ");
    }
    let bar = (!output.json && std::io::stderr().is_terminal()).then(bar);
    let mut quiet = 0;
    while quiet < QUIET_LOOKS {
        let status = fetch(&client)?;
        let rebalance = &status["rebalance"];
        anyhow::ensure!(
            rebalance["paused"] == false,
            "it is paused: `strongroom rebalance --resume` lets it go on"
        );
        if output.json {
            println!("{rebalance}");
        }
        if let Some(bar) = &bar {
            let (moved, total) = counts(rebalance);
            bar.set_length(total);
            bar.set_position(moved);
        }
        let is_quiet = rebalance["running"] == false && status["repair"]["idle"] == true;
        quiet = if is_quiet { quiet + 1 } else { 0 };
        thread::sleep(EVERY);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    done(output, "the devices are as even as they get")
}

/// For `strongroom status`, a line each.
pub fn lines(status: &Value) -> Vec<String> {
    let mut lines = vec![format!("rebalance: {}", rebalance(&status["rebalance"]))];
    let compactions = || status["compaction"].as_array().into_iter().flatten();
    let sum = |field: &str| compactions().filter_map(|of| of[field].as_u64()).sum::<u64>();
    let now = if compactions().any(|of| of["running"] == true) { "; one is being emptied now" } else { "" };
    lines.push(format!(
        "compaction: {} volumes emptied since the start, {} moved{now}",
        sum("volumes_emptied"),
        HumanBytes(sum("bytes_moved"))
    ));
    let whole_only = compactions().filter(|of| of["punches"] == false);
    lines.extend(whole_only.map(|of| {
        format!(
            "device {}: its file system gives the space of deleted objects back volume by volume",
            of["device"]
        )
    }));
    lines
}

fn rebalance(rebalance: &Value) -> String {
    let (moved, total) = counts(rebalance);
    if rebalance["paused"] == true {
        return "paused".to_owned();
    }
    if rebalance["running"] != true {
        return "nothing to do".to_owned();
    }
    format!("{} of {} moved", HumanBytes(moved), HumanBytes(total))
}

/// Bytes moved and to be moved in all, which is an estimate from when it began.
fn counts(rebalance: &Value) -> (u64, u64) {
    let count = |field: &str| rebalance[field].as_u64().unwrap_or(0);
    (count("bytes"), count("bytes_total").max(count("bytes")))
}
