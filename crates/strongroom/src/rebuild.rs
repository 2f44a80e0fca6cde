//! `strongroom verify --rebuild`: a new catalog of the rows that the volumes hold, when every copy of the old one is lost.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail, ensure};
use catalog::{Catalog, Member, TreeOptions, begin_after, is_blank};
use devices::{Fleet, Slot, State};
use indicatif::HumanCount;
use keepers::archive::{Found, Progress, Rebuilt, check, find, rebuild};
use keepers::site::{self, INDEX_DIR};
use keepers::steward::{Ear, OpenIndex, Steward, first_copies};
use keepers::{owe_repair, sweep_device};
use model::Ordinal;
use semantics::Hall;
use serde_json::json;
use stripe::Store;
use world::thread::spawn_blocking;
use world::{Clock, OsRandom, Random, SystemClock};

use crate::cli::{ServeArgs, VerifyArgs};
use crate::engine::{self, Engine};
use crate::settings::Settings;
use crate::telemetry::in_runtime;
use crate::unfinished::Mark;
use crate::watched::Watched;

/// What of a catalog lies beside its index.
const JOURNAL_DIR: &str = "journal";

pub fn run(arguments: VerifyArgs) -> anyhow::Result<()> {
    in_runtime(rebuild_site(arguments))
}

/// The site without its catalog. Holds the locks.
struct Lost {
    fleet: Arc<Fleet>,
    steward: Arc<Steward>,
    open_index: OpenIndex,
    members: Vec<Slot>,
    store: Store,
    parity: u8,
}

async fn rebuild_site(arguments: VerifyArgs) -> anyhow::Result<()> {
    let VerifyArgs { output, data, config, without, .. } = arguments;
    ensure!(!data.is_empty() || config.is_some(), "name the data directories by --data, as for `serve`");
    let settings = Settings::read(ServeArgs { data, config, without, ..ServeArgs::default() })?;
    Mark::Restoring.refuse(&settings.data)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let lost = open(&settings, &clock, &random)?;
    let progress = Arc::new(Progress::default());
    let watched = watch(progress.clone(), output.json);

    let (store, seen) = (lost.store.clone(), progress.clone());
    let found = spawn_blocking(move || find(&store, &seen)).await?;
    ensure!(
        !found.is_empty(),
        "the volumes hold no rows of a catalog: there is nothing to make one of; restore a backup instead"
    );
    let dirs: Vec<PathBuf> = lost.members.iter().map(|slot| PathBuf::from(&slot.label)).collect();
    dirs.iter().try_for_each(|dir| Mark::Rebuilding.set(dir, ""))?;
    let catalog = fresh_catalog(&lost, &found, &clock, &random)?;
    let mut rebuilt = rebuild(&lost.store, &catalog, found, &progress).await.context("laying in the rows")?;
    check(&lost.store, &catalog, &mut rebuilt, &progress).await.context("looking for the rows' bytes")?;
    let hall = Hall::new(catalog.clone(), lost.store.clone(), clock, random, settings.semantics.clone());
    // Of a device that was given up nobody hears any more, and what was owed before is in no archive.
    owe_repair(&hall).await.context("noting that a repair is owed")?;
    // What something may yet be made of stays where anything is missing.
    if rebuilt.is_whole() {
        sweep(&hall).await?;
    }
    drop(hall);
    watched.end();

    let Lost { fleet, steward, store, .. } = lost;
    Engine { catalog, store, steward, dirs: dirs.clone(), health: None, fleet }.close().await?;
    dirs.iter().try_for_each(|dir| Mark::Rebuilding.clear(dir))?;
    tell(&rebuilt, output.json);
    ensure!(rebuilt.is_whole(), "the catalog is made, and something is missing; what it is stands above");
    Ok(())
}

fn open(settings: &Settings, clock: &Arc<dyn Clock>, random: &Arc<dyn Random>) -> anyhow::Result<Lost> {
    let fleet =
        Arc::new(engine::fleet(settings, clock.clone(), random.clone(), Fleet::open_without_catalog)?);
    let open_index = site::opener(TreeOptions::default());
    let steward = Steward::new(fleet.clone(), open_index.clone());
    let members = site::members(&fleet);
    let begun = |slot: &Slot| Mark::Rebuilding.text(Path::new(&slot.label)).is_ok_and(|text| text.is_some());
    if !members.iter().any(begun) {
        refuse_catalog(&site::copies(&fleet, &members), &open_index)?;
    }
    let parity = site::first_parity(&fleet, settings.parity);
    let options = stripe::Options { parity, ..engine::stripe_options(settings) };
    let store = site::open_store(&fleet, Ear::new(&fleet), options)?;
    for entry in fleet.roster().entries.iter().filter(|entry| matches!(entry.state, State::Out(_))) {
        eprintln!("device {} is not here; if it held the catalog, stop now and bring it back", entry.number);
    }
    Ok(Lost { fleet, steward, open_index, members, store, parity })
}

/// One copy is enough to go on from, and one that can't be read may be all there is.
fn refuse_catalog(copies: &[Slot], open_index: &OpenIndex) -> anyhow::Result<()> {
    let parts = copies.iter().flat_map(|slot| [INDEX_DIR, JOURNAL_DIR].map(|part| part_of(slot, part)));
    let parts: Vec<String> =
        parts.filter(|part| part.exists()).map(|part| part.display().to_string()).collect();
    let step = format!("if it is beyond repair on every device, move away first: {}", parts.join(", "));
    for slot in copies {
        match open_index(slot, false).and_then(|index| is_blank(slot.disk.clone(), &*index)) {
            Ok(true) => {}
            Ok(false) => bail!(
                "the catalog is there, in {}: serve it, and check it by `strongroom verify`; {step}",
                slot.label
            ),
            Err(fault) => bail!("there is a catalog in {} which can't be read ({fault}); {step}", slot.label),
        }
    }
    Ok(())
}

fn part_of(slot: &Slot, part: &str) -> PathBuf {
    Path::new(&slot.label).join(part)
}

fn fresh_catalog(
    lost: &Lost,
    found: &Found,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<Catalog> {
    if site::copies(&lost.fleet, &lost.members).is_empty() {
        let first = first_copies(&lost.members, lost.parity);
        lost.fleet.set_catalog(&first).context("choosing devices for the catalog")?;
    }
    let mut members = Vec::new();
    for slot in site::copies(&lost.fleet, &lost.members) {
        let index = (lost.open_index)(&slot, true).context("opening the index")?;
        begin_after(&*slot.disk, &*index, found.last).context("beginning the catalog")?;
        members.push(Member { number: slot.number.0, disk: slot.disk.clone(), index });
    }
    let options = catalog::Options { salt: random.u64(), ..catalog::Options::default() };
    Catalog::open_members(members, Ear::new(&lost.fleet), clock.clone(), options)
        .context("opening the catalog")
}

/// What nothing names: it was deleted, or never named, or overwritten in what is lost.
async fn sweep(hall: &Hall) -> anyhow::Result<()> {
    for (device, _) in hall.store().devices() {
        sweep_device(hall, device).await.context("freeing what nothing names")?;
    }
    Ok(())
}

fn tell(rebuilt: &Rebuilt, as_json: bool) {
    let shown = |at: &Ordinal| match *at {
        Ordinal::FIRST => "the beginning".to_owned(),
        at => at.timestamp().to_iso8601(),
    };
    let Rebuilt { rows, objects, until, holes, unread, lost, lost_names } = rebuilt;
    if as_json {
        let holes: Vec<_> = holes.iter().map(|(after, until)| [shown(after), shown(until)]).collect();
        let told = json!({
            "rows": rows, "objects": objects, "until": shown(until), "holes": holes,
            "unread": unread, "lost": lost, "lost_names": lost_names,
        });
        return println!("{}", json!({ "rebuilt": told }));
    }
    let mut text = format!(
        "The catalog is made anew: {rows} rows, {objects} current objects, as of {}. What was written in the last seconds \
         before it was lost may be missing.",
        shown(until)
    );
    for (after, until) in holes {
        let _ = write!(text, "\nMissing: what changed after {} until {}.", shown(after), shown(until));
    }
    for name in lost_names {
        let _ = write!(text, "\nWithout its bytes: {name}");
    }
    if *lost > lost_names.len() as u64 {
        let _ = write!(text, "\nWithout their bytes in all: {lost}");
    }
    println!("{text}");
}

fn watch(progress: Arc<Progress>, json: bool) -> Watched {
    Watched::begin("{bar:30} {pos}/{len} stretches  {msg}", json, move |bar| {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let Progress { records, stretches, stretches_all, rows, checked } = &*progress;
        bar.set_length(count(stretches_all));
        bar.set_position(count(stretches));
        bar.set_message(format!(
            "{} records, {} rows, {} bodies",
            HumanCount(count(records)),
            HumanCount(count(rows)),
            HumanCount(count(checked))
        ));
        json!({ "records": count(records), "stretches": count(stretches), "stretches_all": count(stretches_all),
            "rows": count(rows), "checked": count(checked) })
    })
}
