//! Small reads: what signature, catalog and answer cost above hyper itself.

use std::time::Duration;

use crate::bare;
use crate::client::Ask;
use crate::load::Until;
use crate::process::Process;
use crate::report::Row;
use crate::source::noise;
use crate::stage::Stage;

const SCENE: &str = "signed-get";
pub const READERS: usize = 32;
const OBJECT_BYTES: usize = 4096;
const OBJECTS: u64 = 1000;

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let (usual, quiet) = (prepared(stage, "get", &[])?, prepared(stage, "get-quiet", &["--log", "warn"])?);
    let hyper = bare::start()?;
    let (mut ratios, mut quiet_ratios) = (Vec::new(), Vec::new());
    let (mut costs, mut bare_costs) = (Vec::new(), Vec::new());
    for _ in 0..stage.scale.rounds {
        let bare = cost(stage, &hyper, |_| Ask::get(format!("/{OBJECT_BYTES}")))?;
        let ours = cost(stage, &usual, one_of_many)?;
        let unlogged = cost(stage, &quiet, one_of_many)?;
        ratios.push(ours / bare);
        quiet_ratios.push(unlogged / bare);
        costs.push(ours);
        bare_costs.push(bare);
    }
    let what = "signed 4 KiB GET, processor time per bare hyper's";
    stage.rows.push(Row::of_rounds(SCENE, what, ratios, "×").at_most(2.0));
    let what = "the same without an access log (--log warn)";
    stage.rows.push(Row::of_rounds(SCENE, what, quiet_ratios, "×"));
    stage.rows.push(Row::of_rounds(SCENE, "server's processor time per GET", costs, "µs"));
    stage.rows.push(Row::of_rounds(SCENE, "bare hyper's processor time per GET", bare_costs, "µs"));
    stage.strike(quiet, "get-quiet")?;
    stage.strike(usual, "get")
}

/// A server with a bucket of small objects.
pub fn prepared(stage: &Stage, data: &str, flags: &[&str]) -> anyhow::Result<Process> {
    let server = stage.serve_bucket(data, flags, "read")?;
    let body = noise(OBJECT_BYTES);
    let sha256 = digest::sha256(&body);
    let make = move |number| Ask::put(format!("/read/o{number:04}"), body.clone(), sha256);
    stage.measure(&server, READERS, Until::Count(OBJECTS), make)?;
    Ok(server)
}

pub fn one_of_many(number: u64) -> Ask {
    Ask::get(format!("/read/o{:04}", number % OBJECTS))
}

/// Microseconds of processor time a request.
fn cost(
    stage: &Stage,
    process: &Process,
    make: impl Fn(u64) -> Ask + Send + Sync + 'static,
) -> anyhow::Result<f64> {
    let time = stage.scale.round.max(Duration::from_secs(2));
    Ok(stage.measure(process, READERS, Until::Passed(time), make)?.cpu_us_each())
}
