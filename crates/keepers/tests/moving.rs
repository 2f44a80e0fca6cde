//! Compaction and rebalance: what is well moves, and stays well.

mod support;

use std::time::Duration;

use bytes::Bytes;
use keepers::{Gate, MoveOptions, Moving, Reclaimer, movers};
use stripe::Filled;
use support::{House, Outcome, Site, body};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const MIB: u64 = 1024 * 1024;

struct Keepers {
    moving: Moving,
    tasks: Vec<JoinHandle<()>>,
}

fn keep(house: &House, rebalance_at_bytes: Option<u64>) -> Keepers {
    let (mender, orders) = house.mender();
    let options = MoveOptions { bytes_per_second: 1 << 30, rebalance_at_bytes };
    let (compactor, rebalancer, moving) = movers(&house.hall, &orders, Gate::default(), options);
    let reclaimer = tokio::spawn(Reclaimer::new(house.hall.clone()).run());
    Keepers {
        moving,
        tasks: vec![mender, reclaimer, tokio::spawn(compactor.run()), tokio::spawn(rebalancer.run())],
    }
}

impl Keepers {
    async fn end(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(50)).await;
    }
}

fn living(house: &House, device: u16) -> u64 {
    house.store.filled(device).iter().map(Filled::living_bytes).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thin_volumes_are_emptied_and_go_and_what_lived_in_them_reads_on() -> Outcome {
    let mut site = Site::new("compact", 3, 1);
    site.volume_bytes_max = MIB;
    let (house, text) = (site.open().await?, Bytes::from("word ".repeat(20_000)));
    for number in 0..480 {
        house.put(&format!("k{number}"), body(100_000, number)).await?;
    }
    house.annotate("k0", "note", text.clone()).await?;
    let volumes = |house: &House| (0..3).map(|device| house.store.filled(device).len()).sum::<usize>();
    let before = volumes(&house);
    for number in (0..400).filter(|number| number % 10 != 0) {
        house.delete(&format!("k{number}")).await?;
    }
    let keepers = keep(&house, None);
    let emptied = |device| keepers.moving.compacting.of(device).volumes > 0;
    until("nothing is compacted", || (0..3).all(emptied) && volumes(&house) < before * 2 / 3).await;
    for number in (0..480).filter(|number| number % 10 == 0 || *number >= 400) {
        assert!(house.get(&format!("k{number}")).await? == body(100_000, number), "k{number}");
    }
    assert!(house.annotation("k0", "note").await? == text);
    keepers.end().await;
    let verified = house.verify().await?;
    assert!(verified.is_sound(), "{verified:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shards_move_to_a_device_that_was_added_until_all_are_even_and_pauses_hold_over_restarts() -> Outcome
{
    let site = Site::new("rebalance", 4, 1);
    let house = site.open_without(&[3]).await?;
    for number in 0..60 {
        house.put(&format!("k{number}"), body(700_000, number)).await?;
    }
    house.close()?;
    let house = site.open().await?;
    let keepers = keep(&house, Some(4 * MIB));
    keepers.moving.rebalancing.pause(true).await?;
    sleep(Duration::from_secs(6)).await;
    let paused = living(&house, 3);
    keepers.end().await;
    house.close()?;
    let house = site.open().await?;
    let keepers = keep(&house, Some(4 * MIB));
    sleep(Duration::from_secs(6)).await;
    assert!(keepers.moving.rebalancing.status().paused);
    assert_eq!(living(&house, 3), paused);
    keepers.moving.rebalancing.pause(false).await?;
    let spread = |house: &House| {
        let fills: Vec<u64> = (0..4).map(|device| living(house, device)).collect();
        fills.iter().max().unwrap_or(&0) - fills.iter().min().unwrap_or(&0)
    };
    until("the devices stay uneven", || spread(&house) <= 3 * MIB).await;
    until("it does not end", || !keepers.moving.rebalancing.status().running).await;
    let moved = keepers.moving.rebalancing.status();
    assert!(moved.bytes <= moved.bytes_total + 4 * MIB, "{moved:?}");
    for number in 0..60 {
        assert!(house.get(&format!("k{number}")).await? == body(700_000, number), "k{number}");
    }
    for chunk in house.chunks(catalog::table::space::VERSIONS)? {
        let mut devices: Vec<u16> = chunk.places.iter().map(|place| place.device).collect();
        devices.sort_unstable();
        devices.dedup();
        assert_eq!(devices.len(), chunk.places.len());
    }
    keepers.end().await;
    assert!(house.verify().await?.is_sound());
    Ok(())
}
