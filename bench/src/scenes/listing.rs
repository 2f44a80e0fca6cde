//! Pages of a small and of a large bucket, in turns: a page must cost what it shows, not what the bucket holds.

use anyhow::bail;

use super::filled::{self, LARGE, PREFIXES, SMALL};
use crate::client::{Ask, Connection};
use crate::load::Until;
use crate::process::Process;
use crate::report::Row;
use crate::stage::Stage;

const SCENE: &str = "listing";
const PAGE: &str = "list-type=2&max-keys=1000";
/// Pages begin here and there in the first nine tenths, so that each is full in the small bucket too.
const STARTS: u64 = 890;
/// How many times as much a page of the large bucket may cost.
const BUDGET: f64 = 1.5;

/// What a page of a bucket costs.
#[derive(Clone, Copy)]
struct Cost {
    cpu_us: f64,
    latency_ms: f64,
    /// Waits for pages of the index that were not in memory.
    major_faults: u64,
}

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let server = filled::serve(stage)?;
    compare(stage, &server, "1,000 common prefixes, newest rows in memtables", true, None)?;
    stage.settle(&server)?;
    compare(stage, &server, "page of 1,000 keys", false, Some(BUDGET))?;
    compare(stage, &server, "page of 1,000 common prefixes", true, Some(BUDGET))?;
    server.stop()?;
    Ok(())
}

/// In turns; rows of both buckets cost alike when the ratio is one.
fn compare(
    stage: &mut Stage,
    server: &Process,
    what: &str,
    delimited: bool,
    budget: Option<f64>,
) -> anyhow::Result<()> {
    let element = if delimited { "<CommonPrefixes>" } else { "<Key>" };
    for bucket in [SMALL, LARGE] {
        check(stage, server, page(bucket, 0, delimited), element)?;
    }
    let (mut cpu, mut latency) = (Vec::new(), Vec::new());
    let (mut costs, mut faults) = (Vec::new(), 0);
    for _ in 0..stage.scale.rounds {
        let small = cost(stage, server, SMALL, delimited)?;
        let large = cost(stage, server, LARGE, delimited)?;
        cpu.push(large.cpu_us / small.cpu_us);
        latency.push(large.latency_ms / small.latency_ms);
        costs.push(large.cpu_us);
        faults += large.major_faults;
    }
    let keys = stage.scale.keys;
    let basis = format!("{keys} keys against {}, {faults} major faults", stage.scale.keys_small);
    let of_cpu = Row::of_rounds(SCENE, format!("{what}: processor time, large / small"), cpu, "×");
    let held = |row: Row| match budget {
        Some(most) => row.at_most(most),
        None => row,
    };
    stage.rows.push(held(of_cpu.basis(basis.clone())));
    let of_latency = Row::of_rounds(SCENE, format!("{what}: latency, large / small"), latency, "×");
    stage.rows.push(held(of_latency.basis(basis)));
    stage.rows.push(Row::of_rounds(SCENE, format!("{what}: processor time, large"), costs, "µs"));
    Ok(())
}

fn page(bucket: &str, number: u64, delimited: bool) -> Ask {
    let ask = Ask::get(format!("/{bucket}"));
    if delimited {
        return ask.query(format!("delimiter=%2F&{PAGE}"));
    }
    // A stride that has no divisor in common with the starts visits all of them.
    let start = number * 37 % STARTS;
    ask.query(format!("{PAGE}&start-after=p{start:04}"))
}

fn cost(stage: &Stage, server: &Process, bucket: &'static str, delimited: bool) -> anyhow::Result<Cost> {
    let make = move |number| page(bucket, number, delimited);
    let faults_before = server.major_faults()?;
    let measured = stage.measure(server, 1, Until::Count(stage.scale.pages), make)?;
    Ok(Cost {
        cpu_us: measured.cpu_us_each(),
        latency_ms: measured.done.latency_ms(0.5),
        major_faults: server.major_faults()? - faults_before,
    })
}

/// A fast page that is not full would be no achievement.
fn check(stage: &Stage, server: &Process, ask: Ask, element: &str) -> anyhow::Result<()> {
    let answer = stage.wait(async { Connection::open(server.address).await?.ask(ask).await })?;
    let count = String::from_utf8_lossy(&answer).matches(element).count() as u64;
    if count != PREFIXES {
        bail!("a page held {count} of {PREFIXES} {element}");
    }
    Ok(())
}
