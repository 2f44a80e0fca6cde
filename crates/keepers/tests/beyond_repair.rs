//! What can't be mended or freed keeps nothing else from being mended or freed.

mod support;

use bytes::Bytes;
use catalog::Write;
use catalog::table::{ReclaimRow, space};
use keepers::Reclaimer;
use model::Ordinal;
use support::{Outcome, Site, body};

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
