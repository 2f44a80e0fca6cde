//! Limits: figures without a budget, for comparison.

use std::time::Duration;

use model::ChecksumAlgorithm;

use crate::limits::{disk, hashes};
use crate::report::Row;
use crate::stage::Stage;

const SCENE: &str = "limits";
const HASHING: Duration = Duration::from_millis(300);

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let syncs = disk::sync_rate(stage.scratch(), stage.scale.round / 2)?;
    let what = "4 KiB appends, each synced, no metadata";
    stage.rows.push(Row::new(SCENE, what, syncs, "/s"));
    let sequential = disk::sequential_rate(stage.scratch(), stage.scale.large_bytes.min(1 << 30))?;
    stage.rows.push(Row::new(SCENE, "sequential write, synced at its end", sequential / 1e6, "MB/s"));
    for algorithm in [
        ChecksumAlgorithm::Md5,
        ChecksumAlgorithm::Sha256,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::XxHash3,
    ] {
        let rate = hashes::rate(algorithm, HASHING) / 1e9;
        stage.rows.push(Row::new(SCENE, format!("{} on one core", algorithm.name()), rate, "GB/s"));
    }
    Ok(())
}
