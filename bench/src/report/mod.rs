//! What a run found out: rows with their budgets, as a table, as JSON, as a chart.

mod chart;
mod row;
mod table;

use std::fs;

use anyhow::Context as _;
use serde_json::json;

use crate::options::Arguments;

pub use self::row::Row;

const RESULTS: &str = "bench/results";
/// The chart that docs/performance.md shows: that of the whole run only.
const CHART: &str = "docs/performance.svg";

/// How many processes waited for a processor in the last minute, on average: above 0 at the start of a run, others
/// shared the machine, and only ratios mean something.
pub fn busy() -> f64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// `busy_before`: what [`busy`] said at the start.
pub fn publish(rows: &[Row], arguments: &Arguments, busy_before: f64) -> anyhow::Result<()> {
    table::print(rows);
    println!("load average before the run: {busy_before}");
    let name = arguments.results_name();
    fs::create_dir_all(RESULTS)?;
    let path = format!("{RESULTS}/{name}.json");
    let run = json!({ "name": name, "quick": arguments.quick, "machine": machine(),
        "load_before": busy_before, "rows": rows });
    fs::write(&path, serde_json::to_string_pretty(&run)? + "\n")
        .with_context(|| format!("writing {path}"))?;
    println!("\nwritten: {path}");
    if name == "full" {
        fs::write(CHART, chart::draw(rows)).with_context(|| format!("writing {CHART}"))?;
        println!("written: {CHART}");
    }
    Ok(())
}

fn machine() -> serde_json::Value {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // A loop of files with syncs costs far less where the file system keeps no journal.
    let journals = fs::read_dir("/proc/fs/jbd2").is_ok_and(|mut journals| journals.next().is_some());
    json!({
        "processor": model.map_or("unknown", |(_, name)| name),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "kernel": kernel.trim(),
        "ext4_journals": journals,
    })
}
