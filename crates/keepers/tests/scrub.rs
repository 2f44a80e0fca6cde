//! The scrub finds what rots, repair mends it, and a round goes on where a crash ended it.

mod support;

use std::time::Duration;

use catalog::table::space;
use keepers::{Orders, ScrubOptions, Scrubbed, Scrubber, Scrubbing};
use support::{House, Outcome, Site, body, flip, volume_path};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const FAST: ScrubOptions = ScrubOptions { interval: Duration::from_secs(3600), bytes_per_second: u64::MAX };
/// What never takes so long.
const LONG: Duration = Duration::from_secs(60);

fn scrub(house: &House, orders: &Orders, options: ScrubOptions) -> (JoinHandle<()>, Scrubbing) {
    let (scrubber, scrubbing) = Scrubber::new(house.hall.clone(), orders.clone(), options);
    (tokio::spawn(scrubber.run()), scrubbing)
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_in_any_part_of_a_record_or_a_volume_s_header_is_found_and_mended() -> Outcome {
    let site = Site::new("scrub mends", 4, 2);
    let house = site.open().await?;
    for seed in 0..6 {
        house.put(&format!("k{seed}"), body(2_000_000, seed)).await?;
    }
    let (mender, orders) = house.mender();
    let (scrubber, scrubbing) = scrub(&house, &orders, FAST);
    timeout(LONG, scrubbing.done(scrubbing.begin())).await?;
    assert!(scrubbing.status().iter().all(|device| device.corrupt == 0 && device.bytes > 0));
    let chunks = house.chunks(space::VERSIONS)?;
    let shard_bytes = u64::from(chunks[0].length).div_ceil(2);
    // Header, payload, owner, each of another chunk; and a whole volume's header.
    let damage = [(0, 3), (1, 80 + 100), (2, 80 + shard_bytes + 2)];
    for (index, at) in damage {
        let place = chunks[index * 2].places[index];
        flip(&volume_path(&site.device(place.device.into()), place.volume), place.offset + at)?;
    }
    let place = chunks[3].places[3];
    flip(&volume_path(&site.device(place.device.into()), place.volume), 40)?;
    timeout(LONG, scrubbing.done(scrubbing.begin())).await?;
    let found: u64 = scrubbing.status().iter().map(|device| device.corrupt).sum();
    assert!(found >= 4, "{:?}", scrubbing.status());
    house.reclaim().await?;
    let verified = house.verify().await?;
    assert!(verified.is_sound(), "{verified:#?}");
    assert_eq!(
        house.chunks(space::VERSIONS)?.iter().filter(|chunk| chunk.places.contains(&place)).count(),
        0
    );
    // What is left of it is that header: its volume is empty, and stays until it can be told.
    let left = verified.findings.iter().filter_map(|finding| finding.place);
    assert!(left.clone().all(|at| (at.device, at.volume) == (place.device, place.volume)), "{verified:#?}");
    for seed in 0..6 {
        assert_eq!(house.get(&format!("k{seed}")).await?, body(2_000_000, seed));
    }
    scrubber.abort();
    mender.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_record_that_was_mended_is_reported_no_more() -> Outcome {
    let site = Site::new("scrub frees", 2, 1);
    let house = site.open().await?;
    house.put("k", body(700_000, 1)).await?;
    house.put("l", body(700_000, 2)).await?;
    let place = house.chunks(space::VERSIONS)?[0].places[0];
    flip(&volume_path(&site.device(place.device.into()), place.volume), place.offset + 20)?;
    let (mender, orders) = house.mender();
    let (scrubber, scrubbing) = scrub(&house, &orders, FAST);
    timeout(LONG, scrubbing.done(scrubbing.begin())).await?;
    assert!(scrubbing.status().iter().any(|device| device.corrupt > 0));
    house.reclaim().await?;
    timeout(LONG, scrubbing.done(scrubbing.begin())).await?;
    assert!(scrubbing.status().iter().all(|device| device.corrupt == 0), "{:?}", scrubbing.status());
    assert!(house.verify().await?.is_clean());
    scrubber.abort();
    mender.abort();
    Ok(())
}

async fn until(scrubbing: &Scrubbing, holds: impl Fn(&Scrubbed) -> bool) -> Outcome<Scrubbed> {
    let seen = async {
        loop {
            match scrubbing.status().first() {
                Some(device) if holds(device) => return *device,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    Ok(timeout(LONG, seen).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_keeps_its_pace_and_goes_on_after_a_crash() -> Outcome {
    let site = Site::new("scrub resumes", 1, 0);
    let house = site.open().await?;
    for seed in 0..20 {
        house.put(&format!("k{seed}"), body(1_000_000, seed)).await?;
    }
    let total = house.store.stats(0).ok_or("a device")?.usage.filled_bytes;
    assert!(house.store.volumes().len() > 2);
    let (mender, orders) = house.mender();
    let (scrubber, scrubbing) = scrub(&house, &orders, ScrubOptions { bytes_per_second: 16 << 20, ..FAST });
    until(&scrubbing, |device| device.bytes > total * 2 / 3).await?;
    scrubbing.set_bytes_per_second(0);
    let half = until(&scrubbing, |device| device.bytes > 0).await?;
    assert!(half.running && half.bytes < total, "{half:?}");
    assert_eq!((half.rounds, half.bytes_total, half.finished), (1, total, None));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(scrubbing.status()[0].bytes <= half.bytes + (1 << 20), "it waits until it may");
    scrubber.abort();
    mender.abort();
    let _ = tokio::join!(scrubber, mender);
    house.crash();

    let house = site.open().await?;
    let (mender, orders) = house.mender();
    let (scrubber, scrubbing) = scrub(&house, &orders, ScrubOptions { bytes_per_second: 0, ..FAST });
    let resumed = until(&scrubbing, |device| device.running).await?;
    assert_eq!((resumed.rounds, resumed.begun), (1, half.begun));
    assert!(resumed.bytes > 0, "{resumed:?}");
    scrubbing.set_bytes_per_second(u64::MAX);
    let whole = until(&scrubbing, |device| device.finished.is_some()).await?;
    assert_eq!((whole.rounds, whole.bytes, whole.corrupt), (1, total, 0));
    assert!(whole.finished >= whole.begun);
    scrubber.abort();
    mender.abort();
    Ok(())
}
