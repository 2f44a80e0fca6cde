//! A whole server without its wire: catalog, volumes, handlers and the reclaimer, in a directory of its own.

use std::path::PathBuf;
use std::sync::Arc;

use catalog::{Catalog, TreeIndex, TreeOptions};
use keepers::Reclaimer;
use reference::hall::{self, BEGINNING, Front, House as _, region};
use semantics::Settings;
use stripe::{NoWatch, Slot, Store};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use world::{Disk, ManualClock, OsRandom, RealDisk};

use crate::hasty::Hasty;

pub struct House {
    runtime: Runtime,
    directory: PathBuf,
    clock: Arc<ManualClock>,
    rooms: Option<Rooms>,
}

struct Rooms {
    catalog: Catalog,
    store: Store,
    front: Front,
    reclaimer: JoinHandle<()>,
}

impl House {
    pub fn open(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("strongroom-diff-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        let runtime = Runtime::new().expect("a runtime");
        let clock = Arc::new(ManualClock::at(BEGINNING));
        let mut house = Self { runtime, directory, clock, rooms: None };
        house.restart();
        house
    }

    fn stop(&mut self) {
        let Some(rooms) = self.rooms.take() else { return };
        rooms.reclaimer.abort();
        let _ = self.runtime.block_on(rooms.reclaimer);
        drop(rooms.front);
        rooms.store.shutdown().expect("the volumes close");
        rooms.catalog.shutdown();
    }

    pub fn remove(mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl hall::House for House {
    fn front(&self) -> &Front {
        &self.rooms.as_ref().expect("the house is open").front
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        Some(self.runtime.block_on(work))
    }

    /// In good order, if it ran.
    fn restart(&mut self) {
        self.stop();
        let disk = RealDisk::at(&self.directory).expect("a directory");
        let index = TreeIndex::open(&disk, TreeOptions::default()).expect("an index");
        let disk: Arc<dyn Disk> = Arc::new(Hasty(disk));
        let clock = self.clock.clone();
        let catalog =
            Catalog::open(disk.clone(), Box::new(index), clock.clone(), catalog::Options::default())
                .expect("a catalog");
        let slot = Slot { number: 0, zone: "".into(), disk };
        let opened = Store::open(vec![slot], Arc::new(NoWatch), stripe::Options::default());
        let (store, _) = opened.expect("volumes");
        let settings = Settings { regions: vec![region()], ..Settings::default() };
        let front = Front::new(catalog.clone(), store.clone(), clock, Arc::new(OsRandom), settings);
        let reclaimer = self.runtime.spawn(Reclaimer::new(front.hall.clone()).run());
        self.rooms = Some(Rooms { catalog, store, front, reclaimer });
    }
}
