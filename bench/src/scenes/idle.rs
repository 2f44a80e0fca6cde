//! Memory of a fresh server that nobody asks anything.

use std::time::Duration;

use crate::report::Row;
use crate::stage::Stage;

const SCENE: &str = "idle";
const SETTLING: Duration = Duration::from_secs(5);
pub const MIB: f64 = (1 << 20) as f64;

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let server = stage.serve("idle", &[])?;
    std::thread::sleep(SETTLING);
    let memory = server.memory()?;
    let row = Row::new(SCENE, "resident memory after 5 s", memory.all as f64 / MIB, "MiB").at_most(60.0);
    let (own, file) = (memory.anonymous as f64 / MIB, memory.file as f64 / MIB);
    stage.rows.push(row.basis(format!("own {own:.1}, mapped files {file:.1}")));
    stage.strike(server, "idle")
}
