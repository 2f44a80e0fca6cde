//! Ready again: with the large bucket, after a clean stop, and after kill -9 amid writes.

use super::filled::{self, DATA};
use super::small_put::{WRITERS, puts};
use crate::client::{Ask, Connection, Who};
use crate::load::{self, Until};
use crate::process::Process;
use crate::report::Row;
use crate::scenes::idle::MIB;
use crate::stage::Stage;

const SCENE: &str = "start";

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let mut server = filled::serve(stage)?;
    stage.make_bucket(&server, "torn")?;
    let (mut stops, mut clean, mut killed) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..stage.scale.rounds {
        stops.push(server.stop()?.as_secs_f64());
        server = stage.serve(DATA, &[])?;
        clean.push(ready(stage, &server)?);
        cut_down(stage, server, round)?;
        server = stage.serve(DATA, &[])?;
        killed.push(ready(stage, &server)?);
    }
    let keys = format!("{} objects", stage.scale.keys);
    let row = Row::of_rounds(SCENE, "ready after a clean stop", clean, "s").at_most(1.0);
    stage.rows.push(row.basis(keys.clone()));
    let row = Row::of_rounds(SCENE, "ready after kill -9 amid 4 KiB PUTs", killed, "s").at_most(5.0);
    stage.rows.push(row.basis(keys.clone()));
    stage.rows.push(Row::of_rounds(SCENE, "clean stop", stops, "s").basis(keys));
    let memory = server.memory()?;
    let own = format!("own {:.1}", memory.anonymous as f64 / MIB);
    let what = "resident memory once started again";
    stage.rows.push(Row::new(SCENE, what, memory.all as f64 / MIB, "MiB").basis(own));
    server.stop()?;
    Ok(())
}

/// Seconds to the ready line; the server must then answer that it is.
fn ready(stage: &Stage, server: &Process) -> anyhow::Result<f64> {
    stage.one(server, Ask::get("/-/health/ready"))?;
    Ok(server.ready_after.as_secs_f64())
}

/// Kills the server while 64 writers are at it.
fn cut_down(stage: &Stage, server: Process, round: usize) -> anyhow::Result<()> {
    let (address, time) = (server.address, stage.scale.round);
    stage.wait(async {
        // Longer than it will live: the writers end with an error, as they should.
        let writing = tokio::spawn(async move {
            let (until, make) = (Until::Passed(time * 2), puts("torn", round, 4096));
            load::drive(address, &Who::root(), WRITERS, until, make).await
        });
        tokio::time::sleep(time).await;
        Connection::open(address).await?.ask(Ask::get("/-/health/ready")).await?;
        server.kill()?;
        let _ = writing.await?;
        Ok(())
    })
}
