//! Repair: what a pass promises, and to whom.

mod support;

use std::time::Duration;

use catalog::Write;
use catalog::table::{JobRow, space};
use keepers::Orders;
use model::Timestamp;
use support::{House, Outcome, Site, body};
use tokio::time::timeout;

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
