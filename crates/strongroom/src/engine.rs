//! Opens the site from its directories.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use catalog::{Catalog, TreeOptions};
use devices::{Fleet, Health, Numbers, Offer, OpenFault, Rhythm};
use keepers::site::{self, Site, SiteOptions};
use keepers::steward::Steward;
use model::DeviceNumber;
use stripe::Store;
use world::{Clock, Random};

use crate::settings::Settings;

/// A device that does not answer for so long is taken out.
const PATIENCE: Duration = Duration::from_secs(10);

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
    let fleet = Arc::new(fleet(settings, clock.clone(), random.clone(), Fleet::open)?);
    for dir in dirs(&fleet) {
        private(&dir).with_context(|| format!("making {} private", dir.display()))?;
    }
    let options = SiteOptions {
        parity: settings.parity,
        catalog: catalog::Options { salt: random.u64(), ..catalog::Options::default() },
        stripe: stripe_options(settings),
        index: TreeOptions::default(),
        archived: true,
    };
    let Site { catalog, store, steward } = site::open(&fleet, clock, options).await?;
    let health = Health::start(fleet.clone(), Rhythm::default(), steward.clone())?;
    // Those that opening the site left.
    Ok(Engine { catalog, store, steward, dirs: dirs(&fleet), health: Some(health), fleet })
}

/// But for the parity.
pub fn stripe_options(settings: &Settings) -> stripe::Options {
    let mut options = stripe::Options { patience: PATIENCE, ..stripe::Options::default() };
    options.volume_size_bytes_max = settings.volume_bytes_max.unwrap_or(options.volume_size_bytes_max);
    options
}

fn dirs(fleet: &Fleet) -> Vec<PathBuf> {
    let members = fleet.slots().into_iter().filter(|slot| slot.state.is_member());
    members.map(|slot| PathBuf::from(slot.label)).collect()
}

/// `open`: how the roster is judged, with a catalog or without.
pub fn fleet(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    open: fn(Vec<Offer>, &Numbers, devices::Options) -> Result<Fleet, OpenFault>,
) -> anyhow::Result<Fleet> {
    let given: Vec<_> = settings.data.iter().map(|data| (data.path.clone(), data.zone.clone())).collect();
    let offers = Offer::all(&given, Some(PATIENCE)).context("looking at the data directories")?;
    let without = settings.without.iter().copied().map(DeviceNumber).collect();
    Ok(open(offers, &without, devices::Options { random, clock, deadline: Some(PATIENCE) })?)
}

/// The directory holds secrets and everybody's data: its owner alone may look in.
pub fn private(data: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700))
}

impl Engine {
    pub async fn close(self) -> anyhow::Result<()> {
        let Self { catalog, store, steward, health, fleet, .. } = self;
        drop(health);
        Site { catalog, store, steward }.close(fleet).await.context("closing the volumes")?;
        tracing::info!("closed in order");
        Ok(())
    }
}
