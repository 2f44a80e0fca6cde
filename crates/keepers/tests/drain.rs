//! A drain ends, whoever was still writing when it began; and where it can't, that is told.

mod support;

use std::time::Duration;

use api::s3::{PutObject, PutObjectInput};
use api::{Body, ByteSource, S3Error};
use async_trait::async_trait;
use bytes::Bytes;
use keepers::{Orders, Reclaimer};
use stripe::Standing;
use support::{BUCKET, House, Outcome, Site, body, flip, volume_path};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// A body that comes when it is told to.
struct Slow(mpsc::Receiver<Bytes>);

#[async_trait]
impl ByteSource for Slow {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        Ok(self.0.recv().await)
    }
}

fn living(house: &House, device: u16) -> u64 {
    house.store.filled(device).iter().map(stripe::Filled::living_bytes).sum()
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn pass(orders: &Orders) -> Outcome {
    let (number, mut done) = (orders.pass(), orders.done());
    timeout(Duration::from_secs(60), done.wait_for(|done| *done >= number)).await??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_being_written_when_the_pass_went_by_leaves_the_device_too() -> Outcome {
    let site = Site::new("drain-late", 4, 1);
    let house = site.open().await?;
    let (mender, orders) = house.mender();
    let reclaimer = tokio::spawn(Reclaimer::new(house.hall.clone()).run());
    house.put("early", body(2_500_000, 1)).await?;
    let (bytes, late) = (body(3_000_000, 2), mpsc::channel(8));
    late.0.send(bytes.slice(..2_500_000)).await?;
    let body = Body { length: Some(bytes.len() as u64), source: Box::new(Slow(late.1)) };
    let input = PutObjectInput { bucket: BUCKET.to_owned(), key: "late".to_owned(), ..Default::default() };
    let putting = house.call_with::<PutObject>(input, body);
    let draining = async {
        // Its first chunks have landed and nothing names them.
        until("nothing lands", || (0..4).map(|device| living(&house, device)).sum::<u64>() > 6_000_000).await;
        house.store.stand(2, Standing::Draining);
        pass(&orders).await?;
        sleep(Duration::from_secs(3)).await;
        assert!(living(&house, 2) > 0, "what is not named yet has nowhere to go");
        late.0.send(bytes.slice(2_500_000..)).await?;
        drop(late.0);
        Outcome::Ok(())
    };
    let (put, drained) = tokio::join!(putting, draining);
    put?;
    drained?;
    until("the device never empties", || living(&house, 2) == 0).await;
    assert_eq!(orders.stuck(2), 0);
    assert!(house.get("late").await? == bytes);
    mender.abort();
    reclaimer.abort();
    assert!(house.verify().await?.is_sound());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_beyond_repair_stays_is_told_and_is_not_looked_at_for_ever() -> Outcome {
    let site = Site::new("drain-stuck", 2, 0);
    let house = site.open().await?;
    house.put("whole", body(500_000, 1)).await?;
    house.put("lost", body(1_500_000, 2)).await?;
    let chunk = house.chunks(catalog::table::space::VERSIONS)?.remove(0);
    let place = chunk.places[0];
    house.close()?;
    flip(&volume_path(&site.device(place.device.into()), place.volume), place.offset + 3000)?;
    let house = site.open().await?;
    let (mender, orders) = house.mender();
    let reclaimer = tokio::spawn(Reclaimer::new(house.hall.clone()).run());
    house.store.stand(place.device, Standing::Draining);
    pass(&orders).await?;
    until("nobody says that it is stuck", || orders.stuck(place.device) > 0).await;
    assert!(orders.is_idle());
    let seen = orders.tally().chunks;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(orders.tally().chunks, seen, "no further pass");
    // Once nobody names it any more it can go.
    let keys = ["whole", "lost"];
    for key in keys {
        house.delete(key).await?;
    }
    until("the device never empties", || living(&house, place.device) == 0).await;
    house.store.stand(place.device, Standing::In);
    until("it is stuck for ever", || orders.stuck(place.device) == 0).await;
    mender.abort();
    reclaimer.abort();
    Ok(())
}
