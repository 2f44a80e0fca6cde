//! Two servers side by side, in turns: what a request costs here beside what it costs in another release.
//!
//! Only where `--against` names the other one's binary. Ratios of one run say whether a path became dearer; absolute
//! times of two runs do not.

use anyhow::Context as _;
use http::Method;

use super::small_put::{WRITERS, puts};
use crate::client::Ask;
use crate::load::Until;
use crate::process::Process;
use crate::report::Row;
use crate::source::noise;
use crate::stage::Stage;

const SCENE: &str = "against";
const READERS: usize = 32;
const OBJECTS: u64 = 10_000;
/// More than noise between two runs of the same binary.
const BUDGET: f64 = 1.1;

/// A path and the requests that take it; `round` tells writes of different rounds apart.
struct Path {
    what: &'static str,
    connections: usize,
    make: fn(usize) -> Box<dyn Fn(u64) -> Ask + Send + Sync>,
}

const PATHS: [Path; 6] = [
    Path { what: "4 KiB PUT", connections: WRITERS, make: |round| Box::new(puts("bench", round, 4096)) },
    Path {
        what: "64 KiB PUT",
        connections: WRITERS,
        make: |round| Box::new(puts("bench", round + 1000, 65_536)),
    },
    Path { what: "4 KiB GET", connections: READERS, make: |_| Box::new(|number| Ask::get(key(number))) },
    Path {
        what: "HEAD",
        connections: READERS,
        make: |_| Box::new(|number| Ask::new(Method::HEAD, key(number))),
    },
    Path {
        what: "page of 1,000 keys",
        connections: 4,
        make: |_| Box::new(|_| Ask::get("/bench").query("list-type=2&max-keys=1000&prefix=read%2F")),
    },
    Path {
        what: "DELETE",
        connections: WRITERS,
        make: |round| {
            Box::new(move |number| Ask::new(Method::DELETE, format!("/bench/r{round}/o{number:07}")))
        },
    },
];

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let other = stage.other_server().context("name the other server's binary: --against FILE")?;
    let own = filled(stage, stage.serve_bucket("own", &[], "bench")?)?;
    let other = filled(stage, stage.serve_other(&other, "other", "bench")?)?;
    for path in &PATHS {
        let (mut ratios, mut costs) = (Vec::new(), Vec::new());
        for round in 0..stage.scale.rounds {
            // Who goes first has the disk to itself: they take turns in that too.
            let (first, second) = if round % 2 == 0 { (&own, &other) } else { (&other, &own) };
            let (first, second) = (cost(stage, first, path, round)?, cost(stage, second, path, round)?);
            let (mine, theirs) = if round % 2 == 0 { (first, second) } else { (second, first) };
            ratios.push(mine / theirs);
            costs.push(mine);
        }
        let what = format!("{}: processor time per the other server's", path.what);
        stage.rows.push(Row::of_rounds(SCENE, what, ratios, "×").at_most(BUDGET));
        stage.rows.push(Row::of_rounds(SCENE, format!("{}: processor time", path.what), costs, "µs"));
    }
    stage.strike(other, "other")?;
    stage.strike(own, "own")
}

fn key(number: u64) -> String {
    format!("/bench/read/o{:05}", number % OBJECTS)
}

fn filled(stage: &Stage, server: Process) -> anyhow::Result<Process> {
    let body = noise(4096);
    let sha256 = digest::sha256(&body);
    let make = move |number| Ask::put(key(number), body.clone(), sha256);
    stage.measure(&server, WRITERS, Until::Count(OBJECTS), make)?;
    // Not settled: releases differ in whether an idle one does.
    Ok(server)
}

/// Microseconds of processor time a request.
fn cost(stage: &Stage, server: &Process, path: &Path, round: usize) -> anyhow::Result<f64> {
    let until = Until::Passed(stage.scale.round);
    Ok(stage.measure(server, path.connections, until, (path.make)(round))?.cpu_us_each())
}
