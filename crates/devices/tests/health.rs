//! Health: what a look tells apart, and whom it reports.

mod support;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use devices::{Health, Listener, Prober, Reason, Rhythm, Sight};
use model::DeviceNumber;
use support::{MemDisk, Rig, n};
use volume::{DeviceId, identity};
use world::{Disk, DiskFile, RealDisk, Space};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const ID: DeviceId = DeviceId([1; 16]);

fn device() -> Result<(MemDisk, Prober), volume::Fault> {
    let disk = MemDisk::new(&Arc::default());
    identity::create(&disk, ID)?;
    Ok((disk.clone(), Prober::new(Arc::new(disk), ID)))
}

#[test]
fn a_healthy_device_is_the_same_at_every_look() -> Outcome {
    let (_, mut prober) = device()?;
    for _ in 0..3 {
        assert!(matches!(prober.look(), Sight::Same));
        assert!(matches!(prober.probe(), Sight::Same));
    }
    Ok(())
}

#[test]
fn another_device_none_and_a_corrupt_one_are_told_from_one_that_errs() -> Outcome {
    let damages: [fn(&MemDisk); 3] = [
        |disk| disk.delete("device"),
        |disk| disk.write("device", b"noise"),
        |disk| disk.write("device", &volume::format::device::encode(DeviceId([2; 16]))),
    ];
    for damage in damages {
        let (disk, mut prober) = device()?;
        assert!(matches!(prober.probe(), Sight::Same));
        damage(&disk);
        assert!(matches!(prober.look(), Sight::Other));
    }
    let (disk, mut prober) = device()?;
    disk.set_broken(true);
    assert!(matches!(prober.look(), Sight::Same), "only writes err");
    assert!(matches!(prober.probe(), Sight::Erred(_)));
    disk.dead.store(true, Ordering::Relaxed);
    assert!(matches!(prober.look(), Sight::Erred(_)));
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for name in ["device", "probe"] {
        fs::copy(from.join(name), to.join(name))?;
    }
    Ok(())
}

#[test]
fn a_copy_in_the_place_of_the_directory_is_not_the_device() -> Outcome {
    let root = std::env::temp_dir().join(format!("strongroom-devices-{}-copied", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    let disk = RealDisk::at(root.join("d1"))?;
    identity::create(&disk, ID)?;
    let mut prober = Prober::new(Arc::new(disk), ID);
    assert!(matches!(prober.probe(), Sight::Same));
    copy_all(&root.join("d1"), &root.join("copy"))?;
    fs::rename(root.join("d1"), root.join("away"))?;
    fs::rename(root.join("copy"), root.join("d1"))?;
    // At its next write at the latest it is found out.
    prober.probe();
    assert!(matches!(prober.look(), Sight::Other));
    // What came back is looked at with fresh eyes.
    fs::remove_dir_all(root.join("d1"))?;
    fs::rename(root.join("away"), root.join("d1"))?;
    prober.probe();
    assert!(matches!(prober.probe(), Sight::Same));
    Ok(fs::remove_dir_all(root)?)
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Ill(DeviceNumber, Reason),
    Well(DeviceNumber),
}

struct Ear(Mutex<Sender<Told>>);

impl Listener for Ear {
    fn ill(&self, number: DeviceNumber, reason: Reason) {
        let _ = self.0.lock().expect("nobody panics here").send(Told::Ill(number, reason));
    }

    fn well(&self, number: DeviceNumber) {
        let _ = self.0.lock().expect("nobody panics here").send(Told::Well(number));
    }
}

fn ear() -> (Arc<Ear>, Receiver<Told>) {
    let (told, hears) = channel();
    (Arc::new(Ear(Mutex::new(told))), hears)
}

fn quick() -> Rhythm {
    let pace = Duration::from_millis(5);
    Rhythm { look: pace, write: pace, deadline: Duration::from_millis(200) }
}

fn hear(hears: &Receiver<Told>, wanted: &Told) -> Outcome {
    while hears.recv_timeout(Duration::from_secs(30))? != *wanted {}
    Ok(())
}

#[test]
fn a_device_falls_ill_is_taken_out_and_is_well_again() -> Outcome {
    let rig = Rig::new(3, 1);
    let fleet = Arc::new(rig.open(&rig.all())?);
    let (ear, hears) = ear();
    let _health = Health::start(fleet.clone(), quick(), ear)?;
    rig.disks[1].set_broken(true);
    hear(&hears, &Told::Ill(n(1), Reason::Failed))?;
    fleet.take_out(n(1), Reason::Failed)?;
    rig.disks[1].set_broken(false);
    hear(&hears, &Told::Well(n(1)))?;
    fleet.let_in(n(1))?;
    rig.disks[1].delete("device");
    hear(&hears, &Told::Ill(n(1), Reason::Swapped))
}

#[test]
fn a_device_that_is_registered_later_is_watched_too() -> Outcome {
    let rig = Rig::new(2, 1);
    let fleet = Arc::new(rig.open(&[0])?);
    let (ear, hears) = ear();
    let _health = Health::start(fleet.clone(), quick(), ear)?;
    fleet.register(rig.offer(1))?;
    rig.disks[1].set_broken(true);
    hear(&hears, &Told::Ill(n(1), Reason::Failed))
}

/// Its reads hang while somebody holds the lock.
struct Hanging(MemDisk, Arc<Mutex<()>>);

impl Disk for Hanging {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.0.create_dir(path)
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        drop(self.1.lock());
        self.0.open(path)
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        drop(self.1.lock());
        self.0.create(path)
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        self.0.exists(path)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.0.remove(path)
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.0.list(dir)
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.0.sync_dir(dir)
    }
    fn space(&self) -> io::Result<Space> {
        self.0.space()
    }
}

#[test]
fn a_device_that_hangs_is_missing_at_a_start_and_not_registered() -> Outcome {
    let rig = Rig::new(3, 1);
    drop(rig.open(&rig.all())?);
    let valve = Arc::<Mutex<()>>::default();
    let hanging = |disk: usize| devices::Offer {
        disk: Arc::new(Hanging(rig.disks[disk].clone(), valve.clone())),
        ..rig.offer(disk)
    };
    let options = devices::Options { deadline: Some(Duration::from_secs(2)), ..rig.options() };
    let shut = valve.lock().unwrap();
    let offers = vec![rig.offer(0), hanging(1), rig.offer(2)];
    let fleet = devices::Fleet::open(offers, &support::numbers(&[]), options)?;
    assert_eq!(support::states(&fleet)[1], support::out(Reason::Missing));
    assert!(fleet.register(hanging(1)).is_err());
    drop(shut);
    assert_eq!(fleet.register(rig.offer(1))?, n(1));
    Ok(())
}

#[test]
fn a_device_that_hangs_while_it_is_registered_keeps_nobody_waiting_for_long() -> Outcome {
    let rig = Rig::new(4, 1);
    drop(rig.open(&[0, 1, 2])?);
    let valve = Arc::<Mutex<()>>::default();
    let hanging = |disk: usize| devices::Offer {
        disk: Arc::new(Hanging(rig.disks[disk].clone(), valve.clone())),
        ..rig.offer(disk)
    };
    let deadline = Duration::from_secs(2);
    let options = devices::Options { deadline: Some(deadline), ..rig.options() };
    let offers = vec![rig.offer(0), rig.offer(1)];
    let fleet = Arc::new(devices::Fleet::open(offers, &support::numbers(&[]), options)?);
    let shut = valve.lock().unwrap();
    let (other, known) = (fleet.clone(), hanging(2));
    #[expect(clippy::disallowed_methods, reason = "this test takes no turns")]
    let registering = std::thread::spawn(move || other.register(known));
    std::thread::sleep(deadline / 4);
    let asked = Instant::now();
    fleet.drain(n(1))?;
    assert!(asked.elapsed() < deadline / 4, "a change waits until it was looked at");
    assert!(registering.join().unwrap().is_err());
    assert!(fleet.register(hanging(3)).is_err(), "an empty one hangs when it is named");
    fleet.let_in(n(1))?;
    drop(shut);
    assert_eq!(fleet.register(rig.offer(2))?, n(2));
    Ok(())
}

#[test]
fn a_thread_that_a_device_keeps_does_not_keep_who_listens() -> Outcome {
    let rig = Rig::new(2, 1);
    let valve = Arc::<Mutex<()>>::default();
    let mut offers: Vec<_> = (0..2).map(|disk| rig.offer(disk)).collect();
    offers[1].disk = Arc::new(Hanging(rig.disks[1].clone(), valve.clone()));
    let fleet = Arc::new(devices::Fleet::open(offers, &support::numbers(&[]), rig.options())?);
    let (ear, hears) = ear();
    let kept = Arc::downgrade(&ear);
    let health = Health::start(fleet, quick(), ear)?;
    let shut = valve.lock().unwrap();
    hear(&hears, &Told::Ill(n(1), Reason::Hung))?;
    drop(health);
    // The thread of the other one ends at its next breath.
    let let_go = (0..3_000).any(|_| {
        hears.recv_timeout(Duration::from_millis(5)).ok();
        kept.strong_count() == 0
    });
    assert!(let_go);
    drop(shut);
    Ok(())
}

#[test]
fn a_device_that_hangs_is_reported_and_does_not_keep_the_others_from_a_take_out() -> Outcome {
    let rig = Rig::new(4, 1);
    let valve = Arc::<Mutex<()>>::default();
    let mut offers: Vec<_> = (0..4).map(|disk| rig.offer(disk)).collect();
    offers[2].disk = Arc::new(Hanging(rig.disks[2].clone(), valve.clone()));
    let options = devices::Options { deadline: Some(Duration::from_secs(2)), ..rig.options() };
    let fleet = Arc::new(devices::Fleet::open(offers, &support::numbers(&[]), options)?);
    let (ear, hears) = ear();
    let _health = Health::start(fleet.clone(), quick(), ear)?;
    let shut = valve.lock().unwrap();
    hear(&hears, &Told::Ill(n(2), Reason::Hung))?;
    // Another one fails first: that the hanging device does not take the roster is found out by the way.
    fleet.take_out(n(0), Reason::Failed)?;
    let states = support::states(&fleet);
    assert_eq!(states[2], support::out(Reason::Hung));
    assert!(states[1].is_member() && states[3].is_member());
    assert!(fleet.let_in(n(2)).is_err(), "an earlier write may still land");
    drop(shut);
    // The earlier write may end after the look that found the device well; it is told again.
    hear(&hears, &Told::Well(n(2)))?;
    while fleet.let_in(n(2)).is_err() {
        hear(&hears, &Told::Well(n(2)))?;
    }
    Ok(())
}
