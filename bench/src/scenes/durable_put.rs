//! Medium durable writes: the whole server against a loop that only writes a file per object, in turns.

use super::small_put::{WRITERS, puts};
use crate::limits::disk;
use crate::load::Until;
use crate::report::Row;
use crate::stage::Stage;

const SCENE: &str = "durable-put";
const OBJECT_BYTES: usize = 64 << 10;

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let server = stage.serve_bucket(SCENE, &[], "medium")?;
    let (mut ours, mut files, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut costs, mut flushes) = (Vec::new(), Vec::new());
    let time = stage.scale.round;
    for round in 0..stage.scale.rounds {
        let file = disk::file_per_object_rate(stage.scratch(), WRITERS, OBJECT_BYTES, time)?;
        let until = Until::Passed(time);
        let measured = stage.measure_syncs(&server, WRITERS, until, puts("medium", round, OBJECT_BYTES))?;
        let rate = measured.done.rate();
        ratios.push(rate / file);
        ours.push(rate);
        files.push(file);
        costs.push(measured.cpu_us_each());
        flushes.push(measured.syncs / measured.done.requests as f64);
    }
    let what = "64 KiB PUTs per file written with syncs";
    stage.rows.push(Row::of_rounds(SCENE, what, ratios, "×").at_least(3.0));
    stage.rows.push(Row::of_rounds(SCENE, "64 KiB PUTs, 64 writers", ours, "/s"));
    stage.rows.push(Row::of_rounds(SCENE, "64 KiB files with syncs, 64 threads, no server", files, "/s"));
    stage.rows.push(Row::of_rounds(SCENE, "server's processor time per PUT", costs, "µs"));
    stage.rows.push(Row::of_rounds(SCENE, "device syncs per 64 KiB object", flushes, ""));
    stage.strike(server, SCENE)
}
