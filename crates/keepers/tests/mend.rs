//! Repair: what a pass promises, and to whom.

mod support;

use std::time::Duration;

use catalog::Write;
use catalog::table::{JobRow, space};
use keepers::{Gate, Orders};
use model::Timestamp;
use support::{House, Outcome, Site, body};
use tokio::time::{sleep, timeout};

const LONG: Duration = Duration::from_secs(60);

async fn done(orders: &Orders, pass: u64) -> Outcome {
    timeout(LONG, orders.done().wait_for(|done| *done >= pass)).await??;
    Ok(())
}

fn lie_on(house: &House, device: u16) -> Outcome<usize> {
    let chunks = house.chunks(space::VERSIONS)?;
    Ok(chunks.iter().flat_map(|chunk| &chunk.places).filter(|place| place.device == device).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_a_crash_cut_short_serves_nobody_who_asks_afterwards() -> Outcome {
    let site = Site::new("mend resumes", 4, 1);
    let house = site.open().await?;
    for seed in 0..5 {
        house.put(&format!("k{seed}"), body(1_500_000, seed)).await?;
    }
    // It had come to the end of all rows when another device was still away.
    let row = JobRow { begun: Timestamp::from_millis(1), next: vec![space::JOBS], counts: vec![5; 6] };
    house.write(vec![Write::put(space::job("repair"), row.encode())]).await?;
    assert!(lie_on(&house, 2)? > 0);
    house.crash();

    let house = site.open_without(&[2]).await?;
    let (mender, orders) = house.mender();
    done(&orders, orders.pass()).await?;
    assert_eq!(lie_on(&house, 2)?, 0, "what lay on the device is laid anew");
    assert!(orders.is_whole());
    assert!(house.catalog.get(&space::job("repair"))?.is_none());
    mender.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_owed_is_done_unasked() -> Outcome {
    let site = Site::new("mend owed", 3, 1);
    let house = site.open().await?;
    house.put("k", body(1_500_000, 1)).await?;
    let row = JobRow { begun: Timestamp::from_millis(1), next: Vec::new(), counts: Vec::new() };
    house.write(vec![Write::put(space::job("repair"), row.encode())]).await?;
    let (mender, orders) = house.mender();
    done(&orders, 1).await?;
    assert_eq!(orders.tally().chunks, 2);
    mender.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orderly_end_in_the_middle_of_a_pass_leaves_nothing_unnamed_and_keeps_what_was_mended() -> Outcome
{
    let site = Site::new("mend ends", 4, 1);
    let house = site.open().await?;
    for seed in 0..3 {
        house.put(&format!("k{seed}"), body(60 << 20, seed)).await?;
    }
    house.close()?;
    let house = site.open_without(&[2]).await?;
    let before = lie_on(&house, 2)?;
    let gate = Gate::default();
    let (mender, orders) = house.mender_behind(gate.clone());
    orders.pass();
    while orders.tally().chunks < 8 {
        sleep(Duration::from_millis(1)).await;
    }
    timeout(LONG, gate.close()).await?;
    mender.abort();
    let left = lie_on(&house, 2)?;
    assert!(0 < left && left < before, "{left} of {before} shards are still on the device that is away");
    house.reclaim().await?;
    house.store.settle();
    let mut living = 0;
    for device in [0, 1, 3] {
        living += house.store.survey(device).count();
    }
    let named = [0, 1, 3].into_iter().map(|device| lie_on(&house, device)).sum::<Outcome<usize>>()?;
    assert_eq!(living, named);
    Ok(())
}
