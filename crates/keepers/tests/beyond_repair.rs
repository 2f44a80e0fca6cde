//! What can't be mended or freed keeps nothing else from being mended or freed.

mod support;

use std::time::Duration;

use bytes::Bytes;
use catalog::Write;
use catalog::table::{ReclaimRow, space};
use keepers::Reclaimer;
use model::Ordinal;
use support::{House, Outcome, Site, body};
use tokio::time::timeout;

/// More than anything here takes that ends at all.
const FOREVER: Duration = Duration::from_secs(20);

async fn repaired(house: &House) -> Outcome<u64> {
    let (mending, orders) = house.mender();
    let pass = orders.pass();
    timeout(FOREVER, orders.done().wait_for(|done| *done >= pass)).await??;
    mending.abort();
    assert_eq!(orders.is_whole(), orders.tally().chunks_lost == 0);
    Ok(orders.tally().chunks_lost)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_can_not_be_told_ends_no_pass_and_leaves_it_not_whole() -> Outcome {
    let site = Site::new("untold", 3, 1);
    let house = site.open().await?;
    for key in ["a", "b", "c"] {
        house.put(key, body(100_000, 1)).await?;
    }
    let row = {
        let view = house.catalog.snapshot()?;
        let mut cursor = view.cursor(&[space::VERSIONS], &[space::VERSIONS + 1])?;
        cursor.next()?.ok_or("the row of a")?.0
    };
    house.write(vec![Write::put(row.clone(), &b"nonsense"[..])]).await?;
    house.close()?;
    let house = site.open_without(&[2]).await?;
    assert_eq!(repaired(&house).await?, 1);
    house.write(vec![Write::delete(row)]).await?;
    let chunks = house.chunks(space::VERSIONS)?;
    assert_eq!(chunks.len(), 2);
    for chunk in chunks {
        assert!(house.store.examine(&chunk).await.bad.is_empty());
    }
    house.close()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_whose_bytes_can_not_be_freed_keeps_no_other_from_being_freed() -> Outcome {
    let site = Site::new("unfreed", 3, 1);
    let house = site.open().await?;
    house.put("a", body(100_000, 1)).await?;
    let damaged = ReclaimRow::Stored(Bytes::from_static(b"nonsense"));
    let first = space::reclaim(Ordinal::from_u64(1), 0);
    house.write(vec![Write::put(first.clone(), damaged.encode())]).await?;
    house.put("a", body(100_000, 2)).await?;
    assert!(Reclaimer::new(house.hall.clone()).round().await.is_err());
    let view = house.catalog.snapshot()?;
    let mut cursor = view.cursor(&[space::RECLAIM], &[space::RECLAIM + 1])?;
    assert_eq!(cursor.next()?.map(|(key, _)| key), Some(first));
    assert!(cursor.next()?.is_none());
    drop(cursor);
    let living = (0..3).filter_map(|device| house.store.stats(device)).map(|stats| stats.usage);
    let living: u64 = living.map(|usage| usage.filled_bytes - usage.dead_bytes).sum();
    assert!(living < 200_000, "{living} bytes are left of two bodies");
    house.close()
}
