//! Small requests while volumes are compacted, beside the same while they are not.

use anyhow::bail;
use bytes::Bytes;
use http::Method;

use crate::client::Ask;
use crate::load::{Done, Until};
use crate::process::Process;
use crate::report::Row;
use crate::source::noise;
use crate::stage::Stage;

const SCENE: &str = "reclaim";
const CLIENTS: usize = 16;
const OBJECT_BYTES: usize = 256 << 10;
const OBJECTS: u64 = 4000;
/// One of so many stays, so that all old volumes are thin.
const KEPT: u64 = 10;
const SMALL_BYTES: usize = 64 << 10;
const SMALL: u64 = 200;
/// Small volumes, so that there are many; a pace at which compaction lasts as long as the rounds do.
const STILL: [&str; 4] = ["--volume-max", "16MiB", "--reclaim-rate", "0"];
const BUSY: [&str; 4] = ["--volume-max", "16MiB", "--reclaim-rate", "4MiB"];

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let (still, busy) = (thin(stage, "still", &STILL)?, thin(stage, "busy", &BUSY)?);
    let (mut puts, mut gets) = (Vec::new(), Vec::new());
    let mut basis = String::new();
    for round in 0..stage.scale.rounds {
        let before = moved(stage, &busy)?;
        let (put_still, put_busy) = (put(stage, &still, round)?, put(stage, &busy, round)?);
        let (get_still, get_busy) = (get(stage, &still)?, get(stage, &busy)?);
        if moved(stage, &busy)? <= before {
            bail!("nothing was compacted in round {round}: the figures would tell nothing");
        }
        let p99 = |done: &Done| done.latency_ms(0.99);
        puts.push(p99(&put_busy) / p99(&put_still));
        gets.push(p99(&get_busy) / p99(&get_still));
        basis = format!(
            "PUT {:.1} and {:.1} ms, GET {:.1} and {:.1} ms",
            p99(&put_busy),
            p99(&put_still),
            p99(&get_busy),
            p99(&get_still)
        );
    }
    let what = "64 KiB PUT, 99 % answered within, compaction's per none's";
    stage.rows.push(Row::of_rounds(SCENE, what, puts, "×").at_most(1.5).basis(basis));
    let what = "64 KiB GET, 99 % answered within, compaction's per none's";
    stage.rows.push(Row::of_rounds(SCENE, what, gets, "×").at_most(1.5));
    stage.strike(busy, "busy")?;
    stage.strike(still, "still")
}

/// A server whose volumes hold hardly anything any more.
fn thin(stage: &Stage, data: &str, flags: &[&str]) -> anyhow::Result<Process> {
    let server = stage.serve_bucket(data, flags, "thin")?;
    let body = noise(OBJECT_BYTES);
    let sha256 = digest::sha256(&body);
    let make = move |number| Ask::put(format!("/thin/o{number:05}"), body.clone(), sha256);
    stage.measure(&server, CLIENTS, Until::Count(OBJECTS), make)?;
    let small: Bytes = noise(SMALL_BYTES);
    let sha256 = digest::sha256(&small);
    let make = move |number| Ask::put(format!("/thin/s{number:05}"), small.clone(), sha256);
    stage.measure(&server, CLIENTS, Until::Count(SMALL), make)?;
    let doomed = |number: u64| number / (KEPT - 1) * KEPT + number % (KEPT - 1) + 1;
    let make = move |number| Ask::new(Method::DELETE, format!("/thin/o{:05}", doomed(number)));
    stage.measure(&server, CLIENTS, Until::Count(OBJECTS / KEPT * (KEPT - 1)), make)?;
    Ok(server)
}

fn moved(stage: &Stage, server: &Process) -> anyhow::Result<f64> {
    stage.metric(server, "strongroom_compacted_bytes_total")
}

fn put(stage: &Stage, server: &Process, round: usize) -> anyhow::Result<Done> {
    let body = noise(SMALL_BYTES);
    let sha256 = digest::sha256(&body);
    let make = move |number| Ask::put(format!("/thin/r{round}/{number:06}"), body.clone(), sha256);
    Ok(stage.measure(server, CLIENTS, Until::Passed(stage.scale.round), make)?.done)
}

fn get(stage: &Stage, server: &Process) -> anyhow::Result<Done> {
    let make = |number: u64| Ask::get(format!("/thin/s{:05}", number % SMALL));
    Ok(stage.measure(server, CLIENTS, Until::Passed(stage.scale.round), make)?.done)
}
