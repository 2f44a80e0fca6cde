//! Six devices that may lose two, beside one device alone: what redundancy costs, and how fast it comes back.
//!
//! All directories lie on one disk, which therefore takes every shard and every copy of the journal. So what is
//! measured is an upper bound of the price: with a disk each the devices would not share its rate.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;
use bytes::Bytes;
use http::Method;
use model::ChecksumAlgorithm;
use serde_json::{Value, json};

use super::large::{get, put};
use super::small_put::{WRITERS, puts};
use crate::client::Ask;
use crate::limits::{disk, hashes};
use crate::load::Until;
use crate::process::Process;
use crate::report::Row;
use crate::stage::Stage;

const SCENE: &str = "devices";
const DEVICES: usize = 6;
const DATA_SHARDS: u64 = 4;
const BUCKET: &str = "bench";
const ADMIN: &str = "/-/admin/v1";
const HASHING: Duration = Duration::from_millis(300);
const REPAIRED_WITHIN: Duration = Duration::from_secs(600);

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let one = stage.serve_bucket("one", &[], BUCKET)?;
    let six = stage.serve_devices("six", &devices(&stage.scratch().join("six"))?, BUCKET)?;
    small(stage, &one, &six)?;
    large(stage, &one, &six)?;
    stage.strike(one, "one")?;
    degraded(stage, &six)?;
    stage.strike(six, "six")
}

fn devices(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(dir)?;
    Ok((0..DEVICES).map(|device| dir.join(device.to_string())).collect())
}

/// Time a PUT, in turns.
fn small(stage: &mut Stage, one: &Process, six: &Process) -> anyhow::Result<()> {
    let (mut ratios, mut costs, mut basis) = (Vec::new(), Vec::new(), String::new());
    for round in 0..stage.scale.rounds {
        let (alone, coded) = in_turns(round, one, six, |server| {
            let until = Until::Passed(stage.scale.round);
            stage.measure(server, WRITERS, until, puts(BUCKET, round, 4096))
        })?;
        ratios.push(alone.done.rate() / coded.done.rate());
        costs.push(coded.cpu_us_each() / alone.cpu_us_each());
        basis = format!("{:.0} and {:.0} PUTs a second", coded.done.rate(), alone.done.rate());
    }
    let what = "4 KiB PUT over 4+2, 64 writers: time per one device's";
    stage.rows.push(Row::of_rounds(SCENE, what, ratios, "×").at_most(2.0).basis(basis));
    let what = "4 KiB PUT over 4+2: processor time per one device's";
    stage.rows.push(Row::of_rounds(SCENE, what, costs, "×"));
    Ok(())
}

/// Rates of a large body, in turns.
fn large(stage: &mut Stage, one: &Process, six: &Process) -> anyhow::Result<()> {
    let length = large_bytes(stage);
    let md5 = hashes::rate(ChecksumAlgorithm::Md5, HASHING);
    let (mut puts, mut gets) = (Vec::new(), Vec::new());
    let (mut put_basis, mut get_basis) = (String::new(), String::new());
    for round in 0..stage.scale.rounds {
        let path = path(round);
        let (alone, coded) =
            in_turns(round, one, six, |server| rate(stage, length, put(server, &path, length)))?;
        puts.push(coded / alone.min(md5));
        put_basis = format!("{}; MD5's {:.0}", mb(coded, alone), md5 / 1e6);
        let (alone, coded) =
            in_turns(round, one, six, |server| rate(stage, length, get(server, Ask::get(&*path))))?;
        gets.push(coded / alone.min(md5));
        get_basis = mb(coded, alone);
    }
    let what = "large PUT over 4+2: rate per slower of one device's and MD5's";
    stage.rows.push(Row::of_rounds(SCENE, what, puts, "×").at_least(0.8).basis(put_basis));
    let what = "large GET over 4+2: rate per slower of one device's and MD5's";
    stage.rows.push(Row::of_rounds(SCENE, what, gets, "×").at_least(0.8).basis(get_basis));
    Ok(())
}

/// One device is replaced by a fresh one; then two go and nothing comes in their places.
fn degraded(stage: &mut Stage, six: &Process) -> anyhow::Result<()> {
    let length = large_bytes(stage);
    let bytes = length * stage.scale.rounds as u64;
    let mut bare = disk::rebuild_rate(stage.scratch(), DATA_SHARDS, bytes / DATA_SHARDS)?;
    let fresh = json!({ "path": stage.scratch().join("six/fresh") }).to_string();
    let digest = digest::sha256(fresh.as_bytes());
    let add =
        Ask { method: Method::POST, ..Ask::put(format!("{ADMIN}/devices"), Bytes::from(fresh), digest) };
    stage.one(six, add)?;
    wait_for_repair(stage, six)?;

    let begun = Instant::now();
    take_out(stage, six, 1)?;
    wait_for_repair(stage, six)?;
    let took = begun.elapsed();
    // Rows of small objects are archived in chunks, too.
    let mended = repair(stage, six)?["bytes_mended"].as_f64().unwrap_or(0.0);
    let moved = mended * (1.0 + 1.0 / DATA_SHARDS as f64) / took.as_secs_f64();
    bare = bare.max(disk::rebuild_rate(stage.scratch(), DATA_SHARDS, bytes / DATA_SHARDS)?);
    let basis = format!("{:.0} of {:.0} MB/s read and written", moved / 1e6, bare / 1e6);
    let what = "repair onto a fresh device: rate per bare sequential reads and writes";
    stage.rows.push(Row::new(SCENE, what, moved / bare, "×").at_least(0.5).basis(basis));

    let mut healthy = Vec::new();
    for round in 0..stage.scale.rounds {
        healthy.push(rate(stage, length, get(six, Ask::get(path(round))))?);
    }
    let begun = Instant::now();
    take_out(stage, six, 2)?;
    take_out(stage, six, 3)?;
    let mut ratios = Vec::new();
    // From the end: a repair comes from the beginning.
    for round in (0..stage.scale.rounds).rev() {
        ratios.push(rate(stage, length, get(six, Ask::get(path(round))))? / healthy[round]);
        if is_idle(stage, six)? {
            break;
        }
    }
    let what = "large GET with two devices out, while they are repaired: rate per healthy one";
    stage.rows.push(Row::of_rounds(SCENE, what, ratios, "×").at_least(0.5));
    wait_for_repair(stage, six)?;
    let mended = bytes as f64 / begun.elapsed().as_secs_f64();
    let what = "repair of two devices while objects are read: bytes of objects";
    stage.rows.push(Row::new(SCENE, what, mended / 1e6, "MB/s"));
    Ok(())
}

fn path(round: usize) -> String {
    format!("/{BUCKET}/large{round}")
}

fn large_bytes(stage: &Stage) -> u64 {
    stage.scale.large_bytes.min(1 << 30)
}

fn mb(coded: f64, alone: f64) -> String {
    format!("{:.0} and {:.0} MB/s", coded / 1e6, alone / 1e6)
}

/// Who goes first has the disk to itself, so they take turns in that too.
fn in_turns<T>(
    round: usize,
    one: &Process,
    six: &Process,
    measure: impl Fn(&Process) -> anyhow::Result<T>,
) -> anyhow::Result<(T, T)> {
    if round.is_multiple_of(2) {
        let alone = measure(one)?;
        return Ok((alone, measure(six)?));
    }
    let coded = measure(six)?;
    Ok((measure(one)?, coded))
}

/// Bytes a second.
fn rate(stage: &Stage, length: u64, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<f64> {
    let begun = Instant::now();
    stage.wait(work)?;
    Ok(length as f64 / begun.elapsed().as_secs_f64())
}

fn take_out(stage: &Stage, server: &Process, device: usize) -> anyhow::Result<()> {
    stage.one(server, Ask::new(Method::POST, format!("{ADMIN}/devices/{device}/out"))).map(drop)
}

fn is_idle(stage: &Stage, server: &Process) -> anyhow::Result<bool> {
    Ok(repair(stage, server)?["idle"] == true)
}

/// What the server says of its repair.
fn repair(stage: &Stage, server: &Process) -> anyhow::Result<Value> {
    let status: Value = serde_json::from_slice(&stage.one(server, Ask::get(format!("{ADMIN}/status")))?)?;
    Ok(status["repair"].clone())
}

fn wait_for_repair(stage: &Stage, server: &Process) -> anyhow::Result<()> {
    let begun = Instant::now();
    // What was just ordered is seen by the status within this time.
    std::thread::sleep(Duration::from_millis(20));
    while !is_idle(stage, server)? {
        if begun.elapsed() > REPAIRED_WITHIN {
            bail!("a repair was not done after {REPAIRED_WITHIN:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
