//! Small durable writes by many: group commit must make a sync serve many objects.

use crate::client::Ask;
use crate::load::Until;
use crate::report::Row;
use crate::source::noise;
use crate::stage::Stage;

const SCENE: &str = "small-put";
pub const WRITERS: usize = 64;

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let server = stage.serve_bucket(SCENE, &[], "small")?;
    let (mut flushes, mut rates, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    let mut basis = String::new();
    for round in 0..stage.scale.rounds {
        let until = Until::Passed(stage.scale.round);
        let measured = stage.measure_syncs(&server, WRITERS, until, puts("small", round, 4096))?;
        flushes.push(measured.syncs / measured.done.requests as f64);
        rates.push(measured.done.rate());
        costs.push(measured.cpu_us_each());
        let (p50, p99) = (measured.done.latency_ms(0.5), measured.done.latency_ms(0.99));
        basis = format!("answered within {p50:.1} ms (half), {p99:.1} ms (99 %)");
    }
    let flushes = Row::of_rounds(SCENE, "device syncs per 4 KiB object, 64 writers", flushes, "");
    stage.rows.push(flushes.at_most(0.1));
    stage.rows.push(Row::of_rounds(SCENE, "4 KiB PUTs, 64 writers", rates, "/s").basis(basis));
    stage.rows.push(Row::of_rounds(SCENE, "server's processor time per PUT", costs, "µs"));
    stage.strike(server, SCENE)
}

/// PUTs of `length` bytes under keys that are new in every round.
pub fn puts(bucket: &str, round: usize, length: usize) -> impl Fn(u64) -> Ask + Send + Sync + 'static {
    let (body, bucket) = (noise(length), bucket.to_owned());
    let sha256 = digest::sha256(&body);
    move |number| Ask::put(format!("/{bucket}/r{round}/o{number:07}"), body.clone(), sha256)
}
