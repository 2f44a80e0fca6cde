//! The sweep of a device that was away while others deleted.

mod support;

use catalog::Write;
use catalog::table::{JobRow, space};
use keepers::{Kind, sweep};
use model::Timestamp;
use support::{Outcome, Site, body};

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_a_crash_cut_short_is_done_at_the_next_start() -> Outcome {
    let site = Site::new("sweep owed", 3, 1);
    let house = site.open().await?;
    house.put("kept", body(1_500_000, 1)).await?;
    house.put("gone", body(1_500_000, 2)).await?;
    house.close()?;
    let house = site.open_without(&[1]).await?;
    house.delete("gone").await?;
    house.reclaim().await?;
    // The device was let in, and then the power went.
    let row = JobRow { begun: Timestamp::from_millis(1), next: Vec::new(), counts: Vec::new() };
    house.write(vec![Write::put(space::job("sweep 1"), row.encode())]).await?;
    house.close()?;

    let house = site.open().await?;
    let leaks = house.verify().await?.found;
    assert_eq!(leaks.into_iter().collect::<Vec<_>>(), [(Kind::Leak, 2)]);
    assert_eq!(sweep(&house.hall).await?.freed, 2);
    assert!(house.verify().await?.is_clean());
    assert!(house.catalog.get(&space::job("sweep 1"))?.is_none());
    assert_eq!(house.get("kept").await?, body(1_500_000, 1));
    house.close()
}
