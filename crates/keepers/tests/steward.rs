//! The steward: store, repair and roster stay in step, whatever comes between.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::s3::{PutObject, PutObjectInput};
use api::{Body, ByteSource, S3Error};
use async_trait::async_trait;
use bytes::Bytes;
use catalog::table::space;
use catalog::{Catalog, Member, TreeIndex, TreeOptions};
use devices::{CatalogCopy, Fleet, Listener as _, Numbers, Offer, Reason, State};
use keepers::steward::{DeviceFault, Ear, Steward, first_copies, stripe_slot};
use keepers::{Gate, Mender, MoveOptions, Orders, ScrubOptions, Scrubber, movers};
use model::DeviceNumber;
use stripe::{Standing, Store};
use support::{BUCKET, House, Outcome, body};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use world::{OsRandom, SystemClock};

const LONG: Duration = Duration::from_secs(60);

/// A site with a fleet and a steward; its tasks end with it.
struct Stewarded {
    root: PathBuf,
    fleet: Arc<Fleet>,
    steward: Arc<Steward>,
    house: House,
    orders: Orders,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Stewarded {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

fn n(number: u16) -> DeviceNumber {
    DeviceNumber(number)
}

impl Stewarded {
    /// The mender works; whether the steward follows by itself is for the test.
    async fn open(name: &str, devices: usize) -> Outcome<Self> {
        let root = std::env::temp_dir().join(format!("strongroom-steward-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let offer = |device: usize| Offer::at(&root.join(format!("d{device}")), None);
        let offers = (0..devices).map(offer).collect::<Result<Vec<_>, _>>()?;
        let (random, clock) = (Arc::new(OsRandom), Arc::new(SystemClock));
        let options = devices::Options { random, clock: clock.clone(), deadline: None };
        let fleet = Arc::new(Fleet::open(offers, &Numbers::new(), options)?);
        let index = |slot: &devices::Slot, _| -> Result<Box<dyn catalog::Index>, catalog::Fault> {
            Ok(Box::new(TreeIndex::open(&*slot.disk, TreeOptions::default())?))
        };
        let (steward, slots) = (Steward::new(fleet.clone(), Arc::new(index)), fleet.slots());
        let copies = first_copies(&slots, 1);
        fleet.set_catalog(&copies)?;
        let mut members = Vec::new();
        for slot in slots.iter().filter(|slot| copies.contains_key(&slot.number)) {
            members.push(Member {
                number: slot.number.0,
                disk: slot.disk.clone(),
                index: index(slot, false)?,
            });
        }
        let catalog = Catalog::open_members(members, Ear::new(&fleet), clock, catalog::Options::default())?;
        let options = stripe::Options {
            volume_size_bytes_first: 4 << 20,
            volume_size_bytes_max: 8 << 20,
            reserve_bytes: Some(0),
            parity: 1,
            ..stripe::Options::default()
        };
        let (store, _) = Store::open(slots.iter().map(stripe_slot).collect(), Ear::new(&fleet), options)?;
        let house = House::of(catalog, store).await?;
        let (mender, orders) = Mender::new(house.hall.clone(), Gate::default());
        let (_, scrubbing) = Scrubber::new(house.hall.clone(), orders.clone(), ScrubOptions::default());
        let (_, _, moving) = movers(&house.hall, &orders, Gate::default(), MoveOptions::default());
        steward.take_charge(house.hall.clone(), orders.clone(), scrubbing, moving);
        Ok(Self { root, fleet, steward, house, orders, tasks: vec![tokio::spawn(mender.run())] })
    }

    fn run(&mut self) {
        self.tasks.push(tokio::spawn(self.steward.clone().run()));
    }

    fn state(&self, number: u16) -> Option<State> {
        Some(self.fleet.roster().entry(n(number))?.state)
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !is_so(self) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(timeout(LONG, waiting).await.is_ok(), "{what}: {:?}", self.fleet.roster());
    }

    async fn whole(&self) -> Outcome {
        let pass = self.orders.pass();
        timeout(LONG, self.orders.done().wait_for(|done| *done >= pass)).await??;
        Ok(())
    }

    fn places_on(&self, device: u16) -> Outcome<usize> {
        let chunks = self.house.chunks(space::VERSIONS)?;
        Ok(chunks.iter().flat_map(|chunk| &chunk.places).filter(|place| place.device == device).count())
    }
}

/// A body that comes when it is told to.
struct Slow(mpsc::Receiver<Bytes>);

#[async_trait]
impl ByteSource for Slow {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        Ok(self.0.recv().await)
    }
}

/// A PUT of which all but the end has come and landed.
async fn straddling(site: &Stewarded, during: impl Future<Output = Outcome>) -> Outcome {
    let (bytes, (tell, told)) = (body(3_000_000, 2), mpsc::channel(8));
    tell.send(bytes.slice(..2_500_000)).await?;
    let body = Body { length: Some(bytes.len() as u64), source: Box::new(Slow(told)) };
    let input = PutObjectInput { bucket: BUCKET.to_owned(), key: "late".to_owned(), ..Default::default() };
    let filled = || (0..9).filter_map(|device| Some(site.house.store.stats(device)?.usage.filled_bytes));
    let meanwhile = async {
        site.until("its first chunks land", |_| filled().sum::<u64>() > 2_500_000).await;
        during.await?;
        tell.send(bytes.slice(2_500_000..)).await?;
        drop(tell);
        Ok(())
    };
    let (put, done) = tokio::join!(site.house.call_with::<PutObject>(input, body), meanwhile);
    put?;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_just_taken_out_is_not_removed_on_the_word_of_an_older_repair() -> Outcome {
    let site = Stewarded::open("remove", 4).await?;
    site.house.put("k", body(1_500_000, 1)).await?;
    site.whole().await?;
    assert!(site.orders.is_whole());
    site.tasks[0].abort();
    site.steward.take_out(n(2)).await?;
    let refused = site.steward.remove(n(2)).await;
    assert!(matches!(refused, Err(DeviceFault::Needed(_))), "{refused:?}");
    assert_eq!(site.state(2), Some(State::Out(Reason::Ordered)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_when_a_device_went_is_repaired_when_it_is_named() -> Outcome {
    let mut site = Stewarded::open("straddle", 5).await?;
    site.run();
    straddling(&site, async {
        site.steward.take_out(n(1)).await?;
        site.until("the pass is done", |site| !site.orders.is_untried() && site.orders.is_idle()).await;
        Ok(())
    })
    .await?;
    site.until("nothing is named there", |site| site.places_on(1).is_ok_and(|left| left == 0)).await;
    assert_eq!(site.house.get("late").await?, body(3_000_000, 2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_comes_back_keeps_what_is_on_its_way_to_a_name() -> Outcome {
    let mut site = Stewarded::open("flap", 3).await?;
    site.run();
    straddling(&site, async {
        for device in 0..3 {
            // The last whole copy of the catalog is not given up, however ill its device.
            let whole = |site: &Stewarded| {
                let roster = site.fleet.roster();
                roster.entries.iter().filter(|entry| entry.catalog == Some(CatalogCopy::Whole)).count() == 2
            };
            site.until("the catalog is whole twice", whole).await;
            site.steward.ill(n(device), Reason::Hung);
            site.until("it is out", |site| site.state(device) != Some(State::In)).await;
            let is_back = |site: &Stewarded| {
                site.steward.well(n(device));
                site.state(device) == Some(State::In)
            };
            site.until("it is back", is_back).await;
        }
        sleep(Duration::from_millis(300)).await;
        Ok(())
    })
    .await?;
    site.house.put("k", body(100_000, 3)).await?;
    let is_swept = |site: &Stewarded| {
        (0..3)
            .all(|device| matches!(site.house.catalog.get(&space::job(&format!("sweep {device}"))), Ok(None)))
    };
    site.until("all are swept", is_swept).await;
    site.until("all is repaired", |site| site.orders.is_idle()).await;
    let verified = site.house.verify().await?;
    assert!(verified.is_sound(), "{verified:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_s_word_stands_until_the_next() -> Outcome {
    let mut site = Stewarded::open("ordered", 4).await?;
    site.run();
    site.steward.take_out(n(2)).await?;
    site.steward.well(n(2));
    sleep(Duration::from_millis(300)).await;
    assert_eq!(site.state(2), Some(State::Out(Reason::Ordered)));
    site.steward.let_in(n(2)).await?;
    assert_eq!(site.state(2), Some(State::In));
    assert!(site.house.store.devices().contains(&(2, Standing::In)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_the_store_does_not_use_is_out_on_the_roster_too() -> Outcome {
    let site = Stewarded::open("apart", 4).await?;
    site.steward.status()?;
    site.house.store.stand(1, Standing::Out);
    site.steward.status()?;
    site.until("it is out", |site| site.state(1) == Some(State::Out(Reason::Failed))).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_let_in_once_whoever_asks_and_asks_no_more() -> Outcome {
    let mut site = Stewarded::open("twice", 4).await?;
    site.run();
    site.steward.take_out(n(0)).await?;
    // Who asked first waits no longer, as when a connection is cut.
    drop(timeout(Duration::from_micros(1), site.steward.let_in(n(0))).await);
    let (first, second) = tokio::join!(site.steward.let_in(n(0)), site.steward.let_in(n(0)));
    first.and(second)?;
    assert_eq!(site.state(0), Some(State::In));
    assert!(site.house.store.devices().contains(&(0, Standing::In)));
    site.house.put("k", body(100_000, 3)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_does_not_take_what_every_device_has_is_not_taken_into_use() -> Outcome {
    let site = Stewarded::open("welcome", 3).await?;
    let refused = site.steward.add(&site.root.join("d3"), None, |_| Err(std::io::Error::other("no"))).await;
    assert!(matches!(refused, Err(DeviceFault::Offer(_))), "{refused:?}");
    assert!(site.house.store.devices().iter().all(|(number, _)| *number != 3));
    site.until("it is out", |site| site.state(3) == Some(State::Out(Reason::Failed))).await;
    let store = site.house.store.clone();
    let welcome = move |path: &Path| {
        assert!(store.devices().iter().all(|(number, _)| *number != 4), "the store waits");
        std::fs::write(path.join("kept"), "secret")
    };
    assert_eq!(site.steward.add(&site.root.join("d4"), None, welcome).await?, n(4));
    assert!(site.house.store.devices().contains(&(4, Standing::In)));
    assert_eq!(std::fs::read(site.root.join("d4/kept"))?, b"secret");
    Ok(())
}
