//! Up to which size a body should ride in the catalog's row: thresholds against sizes, in turns.

use super::small_put::{WRITERS, puts};
use crate::load::Until;
use crate::report::Row;
use crate::stage::Stage;

const SCENE: &str = "inline";
const THRESHOLDS: [usize; 5] = [0, 1 << 10, 4 << 10, 16 << 10, 64 << 10];
const SIZES: [usize; 3] = [4 << 10, 16 << 10, 64 << 10];

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    for size in SIZES {
        let mut rounds = THRESHOLDS.map(|_| (Vec::new(), Vec::new(), Vec::new()));
        for round in 0..stage.scale.rounds {
            for (threshold, (rates, costs, syncs)) in THRESHOLDS.iter().zip(&mut rounds) {
                let server =
                    stage.serve_bucket(SCENE, &["--inline-max", &threshold.to_string()], "inline")?;
                let until = Until::Passed(stage.scale.round);
                let measured = stage.measure_syncs(&server, WRITERS, until, puts("inline", round, size))?;
                rates.push(measured.done.rate());
                costs.push(measured.cpu_us_each());
                syncs.push(measured.syncs / measured.done.requests as f64);
                stage.strike(server, SCENE)?;
            }
        }
        for (threshold, (rates, costs, syncs)) in THRESHOLDS.iter().zip(rounds) {
            let what = format!("{} KiB PUTs, inline up to {} KiB", size >> 10, threshold >> 10);
            stage.rows.push(Row::of_rounds(SCENE, &what, rates, "/s"));
            stage.rows.push(Row::of_rounds(SCENE, format!("{what}: processor"), costs, "µs"));
            stage.rows.push(Row::of_rounds(SCENE, format!("{what}: syncs each"), syncs, ""));
        }
    }
    Ok(())
}
