//! Opens the site: the devices, the catalog on some of them, the store on all.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use catalog::table::space;
use catalog::{Catalog, Group, Index, Member, TreeIndex, TreeOptions, Watch as _, Write};
use devices::{CatalogCopy, Fleet, Health, Offer, OpenFault, Reason, Rhythm, Slot, State};
use keepers::steward::{Steward, first_copies, stripe_slot};
use model::{DeviceNumber, Ordinal};
use stripe::Store;
use world::{Clock, Random};

use crate::settings::Settings;

/// A device that does not answer for so long is taken out.
const PATIENCE: Duration = Duration::from_secs(10);
/// The row that keeps the parity of the site.
const PARITY: &str = "parity";
/// Where a device keeps its copy of the index.
const INDEX_DIR: &str = "index";

pub struct Engine {
    pub catalog: Catalog,
    pub store: Store,
    pub steward: Arc<Steward>,
    /// The members' directories: secrets are kept in each.
    pub dirs: Vec<PathBuf>,
    /// Ends before the locks go.
    pub health: Option<Health>,
    /// Holds the locks: released last, since a second server must not come in while this one still writes.
    pub fleet: Arc<Fleet>,
}

pub async fn open(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> anyhow::Result<Engine> {
    let fleet = Arc::new(fleet(settings, clock.clone(), random.clone())?);
    let steward = Steward::new(fleet.clone(), Arc::new(open_index));
    dirs(&members(&fleet)).iter().try_for_each(private)?;
    let registered = fleet.roster().entries.iter().filter(|entry| entry.state != State::Removed).count();
    let first_parity = settings.parity.unwrap_or_else(|| stripe::default_parity(registered));

    let options = catalog::Options { salt: random.u64(), ..catalog::Options::default() };
    let copies = catalog_members(&fleet, &steward, first_parity)?;
    let catalog =
        Catalog::open_members(copies, steward.clone(), clock, options).context("opening the catalog")?;
    let parity = parity(settings.parity, first_parity, &catalog)?;
    let options = stripe::Options { parity, patience: PATIENCE, ..stripe::Options::default() };
    // Those that opening the catalog left.
    let members = members(&fleet);
    let opened = Store::open(members.iter().map(stripe_slot).collect(), steward.clone(), options);
    let (store, failed) = opened.context("opening the volumes")?;
    for (number, fault) in failed {
        tracing::error!(device = number, %fault, "the device's volumes can't be opened: it is out");
        fleet.take_out(DeviceNumber(number), Reason::Failed).context("going on without it")?;
    }
    for slot in members.iter().filter(|slot| slot.state == State::Draining) {
        store.stand(slot.number.0, stripe::Standing::Draining);
    }
    refuse_lost_catalog(&catalog, &store)?;
    keep_parity(parity, &catalog).await?;
    let health = Health::start(fleet.clone(), Rhythm::default(), steward.clone())?;
    Ok(Engine { catalog, store, steward, dirs: dirs(&members), health: Some(health), fleet })
}

fn members(fleet: &Fleet) -> Vec<Slot> {
    fleet.slots().into_iter().filter(|slot| slot.state.is_member()).collect()
}

fn dirs(members: &[Slot]) -> Vec<PathBuf> {
    members.iter().map(|slot| PathBuf::from(&slot.label)).collect()
}

fn fleet(settings: &Settings, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> anyhow::Result<Fleet> {
    let mut offers = Vec::new();
    for data in &settings.data {
        match Offer::at(&data.path, data.zone.clone()) {
            Ok(offer) => offers.push(offer),
            Err(fault @ OpenFault::Busy { .. }) => {
                bail!("{fault}: stop the other server, or give this one its own --data directory")
            }
            // With others beside it a device that is dead or does not know itself is a missing one: whether they may go
            // on, the roster says.
            Err(fault @ (OpenFault::Failed { .. } | OpenFault::Nameless { .. }))
                if settings.data.len() > 1 =>
            {
                tracing::error!(%fault, "a device can't be used and counts as missing");
            }
            Err(fault) => return Err(fault).context("looking at the data directories"),
        }
    }
    let without: BTreeSet<DeviceNumber> = settings.without.iter().copied().map(DeviceNumber).collect();
    let deadline = (settings.data.len() > 1).then_some(PATIENCE);
    Ok(Fleet::open(offers, &without, devices::Options { random, clock, deadline })?)
}

/// The copies of the catalog that may be trusted. A site that has none yet gets its first.
fn catalog_members(fleet: &Fleet, steward: &Steward, parity: u8) -> anyhow::Result<Vec<Member>> {
    let (members, roster) = (members(fleet), fleet.roster());
    if roster.entries.iter().all(|entry| entry.catalog.is_none()) {
        fleet.set_catalog(&first_copies(&members, parity)).context("choosing devices for the catalog")?;
    }
    let roster = fleet.roster();
    let is_whole = |slot: &&Slot| {
        roster.entry(slot.number).is_some_and(|entry| entry.catalog == Some(CatalogCopy::Whole))
    };
    let (mut copies, mut failed) = (Vec::new(), Vec::new());
    for slot in members.iter().filter(is_whole) {
        match open_index(slot, false) {
            Ok(index) => copies.push(Member { number: slot.number.0, disk: slot.disk.clone(), index }),
            Err(fault) => failed.push((slot.number.0, fault)),
        }
    }
    for (number, fault) in failed {
        if copies.is_empty() {
            // Nobody is noted as lost where nobody would be left.
            return Err(fault).context("opening the index");
        }
        // As while it runs: whether the device goes too depends on what became of the copy.
        steward.lost(number, &fault).context("going on without it")?;
    }
    if copies.is_empty() {
        bail!("none of the devices that hold the catalog is here; bring one of them back");
    }
    Ok(copies)
}

fn open_index(slot: &Slot, fresh: bool) -> Result<Box<dyn Index>, catalog::Fault> {
    let failed =
        |error: std::io::Error| catalog::Fault::Io { doing: "emptying the index", source: Arc::new(error) };
    if fresh && slot.disk.exists(INDEX_DIR).map_err(failed)? {
        for name in slot.disk.list(INDEX_DIR).map_err(failed)? {
            slot.disk.remove(&format!("{INDEX_DIR}/{name}")).map_err(failed)?;
        }
    }
    Ok(Box::new(TreeIndex::open(&*slot.disk, TreeOptions::default())?))
}

/// What the site was made with, until somebody says otherwise.
fn parity(given: Option<u8>, first: u8, catalog: &Catalog) -> anyhow::Result<u8> {
    let kept = catalog.get(&space::setting(PARITY)).context("reading the site's parity")?;
    Ok(given.or(kept.and_then(|row| row.first().copied())).unwrap_or(first))
}

async fn keep_parity(parity: u8, catalog: &Catalog) -> anyhow::Result<()> {
    let key = space::setting(PARITY);
    let kept = catalog.get(&key).context("reading the site's parity")?;
    if kept.is_some_and(|row| row[..] == [parity]) {
        return Ok(());
    }
    let write = Write::put(key.clone(), vec![parity]);
    catalog.write(Group::new(key), vec![write]).await.context("writing the site's parity")
}

/// Bytes without a catalog are no new site: to start would give them up.
fn refuse_lost_catalog(catalog: &Catalog, store: &Store) -> anyhow::Result<()> {
    let holds =
        |(device, _): &(u16, _)| store.stats(*device).is_some_and(|stats| stats.usage.filled_bytes > 0);
    if catalog.last_ordinal() == Ordinal::default() && store.devices().iter().any(holds) {
        bail!("the catalog is empty, yet the volumes hold objects: its files were lost");
    }
    Ok(())
}

/// The directory holds secrets and everybody's data: its owner alone may look in.
fn private(data: &PathBuf) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("making {} private", data.display()))
}

impl Engine {
    pub async fn close(self) -> anyhow::Result<()> {
        let Self { catalog, store, health, fleet, .. } = self;
        drop(health);
        tokio::task::spawn_blocking(move || {
            catalog.shutdown();
            store.shutdown()?;
            // So that an older image of a device is told from it later.
            if let Err(fault) = fleet.renew() {
                tracing::warn!(%fault, "the devices' list could not be renewed");
            }
            Ok::<_, stripe::Fault>(())
        })
        .await?
        .context("closing the volumes")?;
        tracing::info!("closed in order");
        Ok(())
    }
}
