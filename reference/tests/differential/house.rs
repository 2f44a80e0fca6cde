//! A whole server without its wire: catalog, volumes, handlers and the reclaimer, in a directory of its own.

use std::path::PathBuf;
use std::sync::Arc;

use api::{Body, S3Error};
use auth::{Auth, Caller, Credentials, Guarded};
use bytes::Bytes;
use catalog::table::space;
use catalog::{Catalog, Decision, Group, TreeIndex, TreeOptions, Write};
use keepers::Reclaimer;
use model::Timestamp;
use reference::hall::{self, House as _, account, account_row, region};
use semantics::{Hall, Handle, Settings};
use stripe::{NoWatch, Slot, Store};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use world::{Clock as _, Disk, ManualClock, OsRandom, RealDisk};

use crate::hasty::Hasty;

/// 2026-01-01T00:00:00Z.
const BEGINNING: Timestamp = Timestamp::from_seconds(1_767_225_600);

pub struct House {
    runtime: Runtime,
    directory: PathBuf,
    clock: Arc<ManualClock>,
    rooms: Option<Rooms>,
}

struct Rooms {
    catalog: Catalog,
    store: Store,
    auth: Auth,
    hall: Hall,
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
        drop((rooms.hall, rooms.auth));
        rooms.store.shutdown().expect("the volumes close");
        rooms.catalog.shutdown();
    }

    pub fn remove(mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl hall::House for House {
    fn make_account(&self, number: u64) {
        let row = account_row(number, BEGINNING);
        let write = Write::put(space::account(row.id), row.encode());
        let catalog = &self.rooms.as_ref().expect("an open house").catalog;
        let made: Result<Result<(), ()>, _> = self.runtime.block_on(
            catalog.commit(Group::new("account"), move |_, _| Ok(Decision::Write(vec![write.clone()], ()))),
        );
        made.expect("a commit").expect("nobody refuses an account");
    }

    fn call<O: Guarded>(
        &self,
        account: &Caller,
        input: O::Input,
        body: Bytes,
    ) -> Result<(O::Output, Bytes), S3Error>
    where
        Hall: Handle<O>,
    {
        let rooms = self.rooms.as_ref().expect("the house is open");
        let request = rooms.auth.authorize::<O>(account, input, &rooms.hall)?;
        self.runtime.block_on(async {
            let (output, body) = rooms.hall.handle(request, Body::once(body)).await?;
            let mut bytes = Vec::new();
            if let Some(mut body) = body {
                while let Some(piece) = body.source.next().await? {
                    bytes.extend_from_slice(&piece);
                }
                assert_eq!(body.length, Some(bytes.len() as u64), "a body is as long as it says");
            }
            Ok((output, Bytes::from(bytes)))
        })
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
        let root = Credentials { access_key: "root".to_owned(), secret: sigv4::Secret::new("secret") };
        let sealer = seal::Sealer::new(&seal::MasterKey::from_bytes([7; 32]));
        let auth = Auth::new(catalog.clone(), root, account(1), vec![region()], sigv4::V2::Off, sealer);
        let settings = Settings { regions: vec![region()], ..Settings::default() };
        let hall = Hall::new(catalog.clone(), store.clone(), clock, Arc::new(OsRandom), settings);
        let reclaimer = self.runtime.spawn(Reclaimer::new(hall.clone()).run());
        self.rooms = Some(Rooms { catalog, store, auth, hall, reclaimer });
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn wait(&self, seconds: i64) {
        self.clock.set(self.now().plus_millis(seconds * 1000));
    }
}
