//! Opens a site from its fleet: the catalog on some of the devices, the store on all of them; and starts what keeps it.

use std::sync::Arc;

use catalog::table::space;
use catalog::{Catalog, Group, Index, Member, TreeIndex, TreeOptions, Watch as _, Write};
use devices::{CatalogCopy, Fleet, Reason, Slot, State};
use model::{DeviceNumber, Ordinal};
use semantics::Hall;
use stripe::Store;
use thiserror::Error;
use tokio::task::JoinHandle;
use world::Clock;
use world::thread::spawn_blocking;

use crate::archive::{ArchiveOptions, Archivist, RowArchive};
use crate::steward::{Ear, OpenIndex, Steward, first_copies, standing, stripe_slot};
use crate::{Gate, Mender, MoveOptions, Orders, Reclaimer, ScrubOptions, Scrubber, Scrubbing, movers, sweep};

/// The row that keeps the parity of the site.
const PARITY: &str = "parity";
/// Where a device keeps its copy of the index.
pub const INDEX_DIR: &str = "index";

pub struct Site {
    pub catalog: Catalog,
    pub store: Store,
    pub steward: Arc<Steward>,
}

pub struct SiteOptions {
    /// `None`: as the site was made.
    pub parity: Option<u8>,
    pub catalog: catalog::Options,
    /// But for the parity.
    pub stripe: stripe::Options,
    pub index: TreeOptions,
    /// Whether the catalog's rows are kept in the volumes, too.
    pub archived: bool,
}

#[derive(Debug, Error)]
pub enum SiteFault {
    #[error("{doing}")]
    Catalog { doing: &'static str, source: catalog::Fault },
    #[error("opening the volumes")]
    Store(#[source] stripe::Fault),
    #[error("{doing}")]
    Fleet { doing: &'static str, source: devices::Fault },
    #[error("none of the devices that hold the catalog is here; bring one of them back")]
    NoCatalog,
    #[error(
        "the catalog is empty, yet the volumes hold objects: its files were lost. Put them back if they are anywhere; else \
         `strongroom verify --rebuild`, with the same --data, makes a new catalog of what the volumes hold"
    )]
    LostCatalog,
}

impl SiteFault {
    fn catalog(doing: &'static str) -> impl FnOnce(catalog::Fault) -> Self {
        move |source| Self::Catalog { doing, source }
    }

    fn fleet(doing: &'static str) -> impl FnOnce(devices::Fault) -> Self {
        move |source| Self::Fleet { doing, source }
    }
}

/// Blocks for the devices, too.
pub async fn open(
    fleet: &Arc<Fleet>,
    clock: Arc<dyn Clock>,
    options: SiteOptions,
) -> Result<Site, SiteFault> {
    let open_index = opener(options.index);
    let steward = Steward::new(fleet.clone(), open_index.clone());
    let first_parity = first_parity(fleet, options.parity);
    let ear = Ear::new(fleet);
    let copies = catalog_members(fleet, &ear, first_parity, &open_index)?;
    // The volumes first: what the catalog's index is given, they are given before.
    let stripes = stripe::Options { parity: first_parity, ..options.stripe };
    let store = open_store(fleet, ear.clone(), stripes)?;
    let catalog = open_catalog(copies, ear, &store, clock, (options.catalog, options.archived)).await?;
    let parity = parity(options.parity, first_parity, &catalog)?;
    store.set_parity(parity);
    // Opening the catalog may have given some up.
    for entry in &fleet.roster().entries {
        store.stand(entry.number.0, standing(entry.state));
    }
    refuse_lost_catalog(&catalog, &store)?;
    keep_parity(parity, &catalog).await?;
    Ok(Site { catalog, store, steward })
}

/// Over all members; who cannot be opened is out.
pub fn open_store(
    fleet: &Fleet,
    watch: Arc<dyn stripe::Watch>,
    options: stripe::Options,
) -> Result<Store, SiteFault> {
    let slots = members(fleet).iter().map(stripe_slot).collect();
    let (store, failed) = Store::open(slots, watch, options).map_err(SiteFault::Store)?;
    for (number, fault) in failed {
        tracing::error!(device = number, %fault, "the device's volumes can't be opened: it is out");
        fleet
            .take_out(DeviceNumber(number), Reason::Failed)
            .map_err(SiteFault::fleet("going on without a device"))?;
    }
    Ok(store)
}

async fn open_catalog(
    copies: Vec<Member>,
    watch: Arc<Ear>,
    store: &Store,
    clock: Arc<dyn Clock>,
    (options, archived): (catalog::Options, bool),
) -> Result<Catalog, SiteFault> {
    let archive = archived.then(|| Arc::new(RowArchive::new(store.clone())));
    let opening = spawn_blocking(move || match archive {
        Some(archive) => Catalog::open_archived(copies, watch, archive, clock, options),
        None => Catalog::open_members(copies, watch, clock, options),
    });
    let opened =
        opening.await.map_err(|_| SiteFault::catalog("opening the catalog")(catalog::Fault::Closed))?;
    opened.map_err(SiteFault::catalog("opening the catalog"))
}

pub fn members(fleet: &Fleet) -> Vec<Slot> {
    fleet.slots().into_iter().filter(|slot| slot.state.is_member()).collect()
}

/// Those that are trusted to hold the catalog.
pub fn copies(fleet: &Fleet, members: &[Slot]) -> Vec<Slot> {
    let roster = fleet.roster();
    let is_whole = |slot: &&Slot| {
        roster.entry(slot.number).is_some_and(|entry| entry.catalog == Some(CatalogCopy::Whole))
    };
    members.iter().filter(is_whole).cloned().collect()
}

/// Of a site that keeps none yet.
pub fn first_parity(fleet: &Fleet, given: Option<u8>) -> u8 {
    let registered = fleet.roster().entries.iter().filter(|entry| entry.state != State::Removed).count();
    given.unwrap_or_else(|| stripe::default_parity(registered))
}

/// The copies of the catalog that may be trusted. A site that has none yet gets its first.
fn catalog_members(
    fleet: &Fleet,
    ear: &Ear,
    parity: u8,
    open_index: &OpenIndex,
) -> Result<Vec<Member>, SiteFault> {
    let (members, roster) = (members(fleet), fleet.roster());
    if roster.entries.iter().all(|entry| entry.catalog.is_none()) {
        let first = first_copies(&members, parity);
        fleet.set_catalog(&first).map_err(SiteFault::fleet("choosing devices for the catalog"))?;
    }
    let (mut whole, mut failed) = (Vec::new(), Vec::new());
    for slot in copies(fleet, &members) {
        match open_index(&slot, false) {
            Ok(index) => whole.push(Member { number: slot.number.0, disk: slot.disk.clone(), index }),
            Err(fault) => failed.push((slot.number.0, fault)),
        }
    }
    for (number, fault) in failed {
        if whole.is_empty() {
            // Nobody is noted as lost where nobody would be left.
            return Err(SiteFault::catalog("opening the index")(fault));
        }
        // As while it runs: whether the device goes too depends on what became of the copy.
        ear.lost(number, &fault).map_err(SiteFault::catalog("going on without a copy"))?;
    }
    if whole.is_empty() { Err(SiteFault::NoCatalog) } else { Ok(whole) }
}

pub fn opener(options: TreeOptions) -> OpenIndex {
    let failed =
        |error: std::io::Error| catalog::Fault::Io { doing: "emptying the index", source: Arc::new(error) };
    Arc::new(move |slot: &Slot, fresh: bool| -> Result<Box<dyn Index>, catalog::Fault> {
        if fresh && slot.disk.exists(INDEX_DIR).map_err(failed)? {
            for name in slot.disk.list(INDEX_DIR).map_err(failed)? {
                slot.disk.remove(&format!("{INDEX_DIR}/{name}")).map_err(failed)?;
            }
        }
        Ok(Box::new(TreeIndex::open(&*slot.disk, options)?))
    })
}

/// What the site was made with, until somebody says otherwise.
fn parity(given: Option<u8>, first: u8, catalog: &Catalog) -> Result<u8, SiteFault> {
    let kept = catalog.get(&space::setting(PARITY));
    let kept = kept.map_err(SiteFault::catalog("reading the site's parity"))?;
    Ok(given.or(kept.and_then(|row| row.first().copied())).unwrap_or(first))
}

async fn keep_parity(parity: u8, catalog: &Catalog) -> Result<(), SiteFault> {
    let key = space::setting(PARITY);
    let kept = catalog.get(&key).map_err(SiteFault::catalog("reading the site's parity"))?;
    if kept.is_some_and(|row| row[..] == [parity]) {
        return Ok(());
    }
    let write = Write::put(key.clone(), vec![parity]);
    let kept = catalog.write(Group::new(key), vec![write]).await;
    kept.map_err(SiteFault::catalog("writing the site's parity"))
}

/// Bytes without a catalog are no new site: to start would give them up.
fn refuse_lost_catalog(catalog: &Catalog, store: &Store) -> Result<(), SiteFault> {
    let holds =
        |(device, _): &(u16, _)| store.stats(*device).is_some_and(|stats| stats.usage.filled_bytes > 0);
    let is_lost = catalog.last_ordinal() == Ordinal::default() && store.devices().iter().any(holds);
    if is_lost { Err(SiteFault::LostCatalog) } else { Ok(()) }
}

impl Site {
    /// In order, so that the next start has nothing to look for.
    pub async fn close(self, fleet: Arc<Fleet>) -> Result<(), stripe::Fault> {
        let Self { catalog, store, .. } = self;
        let closed = spawn_blocking(move || {
            catalog.shutdown();
            if catalog.takes_commits() {
                store.shutdown()?;
            } else {
                // Whether what landed is named is unknown: the next start sweeps, as after a crash.
                drop(store);
            }
            // So that an older image of a device is told from it later.
            if let Err(fault) = fleet.renew() {
                tracing::warn!(%fault, "the devices' list could not be renewed");
            }
            Ok(())
        });
        closed.await.map_err(|_| stripe::Fault::Closed)?
    }
}

/// What works in the background, and how to ask for more of it.
pub struct Keeping {
    pub tasks: Vec<JoinHandle<()>>,
    pub repair: Orders,
    pub scrubbing: Scrubbing,
    gate: Gate,
}

impl Keeping {
    /// Nothing that is being moved, mended or archived is left without a name. Before the site is closed.
    pub async fn end(&self) {
        self.gate.close().await;
        self.abort();
    }

    /// As a crash ends it.
    pub fn abort(&self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Starts all that keeps a site whole; from now on the steward acts.
pub fn keep(
    hall: &Hall,
    steward: &Arc<Steward>,
    scrub: ScrubOptions,
    moving: MoveOptions,
    archive: Option<ArchiveOptions>,
) -> Keeping {
    let gate = Gate::default();
    let (mender, repair) = Mender::new(hall.clone(), gate.clone());
    let (scrubber, scrubbing) = Scrubber::new(hall.clone(), repair.clone(), scrub);
    let (compactor, rebalancer, moving) = movers(hall, &repair, gate.clone(), moving);
    steward.take_charge(hall.clone(), repair.clone(), scrubbing.clone(), moving);
    let mut tasks = vec![
        tokio::spawn(compactor.run()),
        tokio::spawn(rebalancer.run()),
        tokio::spawn(scrubber.run()),
        tokio::spawn(mender.run()),
        tokio::spawn(steward.clone().run()),
        tokio::spawn(sweep_once(hall.clone())),
        tokio::spawn(Reclaimer::new(hall.clone()).run()),
    ];
    tasks.extend(archive.map(|options| {
        let archivist = Archivist::new(hall.clone(), gate.clone(), options);
        tokio::spawn(archivist.run())
    }));
    Keeping { tasks, repair, scrubbing, gate }
}

async fn sweep_once(hall: Hall) {
    match sweep(&hall).await {
        Ok(swept) if swept.freed > 0 => {
            tracing::info!(
                looked_at = swept.looked_at,
                freed = swept.freed,
                "swept what a crash left unnamed"
            );
        }
        Ok(_) => {}
        Err(fault) => tracing::warn!(%fault, "the sweep stopped; it starts over with the next start"),
    }
}
