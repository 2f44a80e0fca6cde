//! `strongroom backup` and `strongroom restore`: a site's data out of a running server, and into a new one.

mod empty;
mod remote;
mod s3;
mod show;

use std::fmt;
use std::sync::Arc;

use ::backup::{Directory, Fault, Kept, Lacking, Options, Progress, RATE_MIN, Shelf, backups, find};
use anyhow::{Context as _, bail};
use semantics::Hall;
use serde_json::json;
use sigv4::Secret;
use world::{OsRandom, SystemClock};

use crate::cli::{BackupAction, BackupArgs, PlaceArgs, RestoreArgs, ServeArgs};
use crate::client::{Client, Signatory};
use crate::settings::Settings;
use crate::telemetry::in_runtime;
use crate::{engine, master_key};
use remote::Remote;
use show::watch;

/// All was done that could be, and something is missing.
#[derive(Debug)]
pub struct Incomplete(String);

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Incomplete {}

pub fn run(arguments: BackupArgs) -> anyhow::Result<()> {
    in_runtime(async {
        match arguments.action {
            None => take(arguments).await,
            Some(BackupAction::List { from, place, json }) => {
                let kept = backups(&*shelf(&from, &place)?).await?;
                show::list(&kept.backups, json);
                complete(&kept.damaged, "damaged", json)
            }
            Some(BackupAction::Verify { from, place, backup, read_data, json }) => {
                verify(&from, &place, backup.as_deref(), read_data, json).await
            }
            Some(BackupAction::Prune { from, place, keep, json }) => {
                let pruned = ::backup::prune(&*shelf(&from, &place)?, keep as usize).await?;
                show::pruned(&pruned, json);
                Ok(())
            }
        }
    })
}

pub fn run_restore(arguments: RestoreArgs) -> anyhow::Result<()> {
    in_runtime(restore(arguments))
}

async fn take(arguments: BackupArgs) -> anyhow::Result<()> {
    let BackupArgs { to, place, jobs, limit_rate, spool, json, .. } = arguments;
    let to = to.context("name a place by --to")?;
    let rate_min = RATE_MIN * jobs.max(1) as u64;
    if limit_rate.is_some_and(|rate| rate.0 < rate_min) {
        let kib = rate_min >> 10;
        bail!(
            "with --jobs {jobs} the least --limit-rate is {kib}KiB: the server cuts off who reads too slowly"
        );
    }
    let source = Arc::new(Remote(Client::from_environment()?));
    let options = Options {
        jobs,
        rate: limit_rate.map(|rate| rate.0),
        spool: spool.unwrap_or_else(std::env::temp_dir),
    };
    let progress = Arc::new(Progress::default());
    let watched = watch(progress.clone(), json);
    let taken = ::backup::take(source, shelf(&to, &place)?, &options, progress, &SystemClock).await;
    watched.end();
    let taken = taken.with_context(|| format!("backing up to {to}"))?;
    show::taken(&taken.backup, &to, json);
    complete(&taken.unreadable, "the server could not read", json)
}

async fn verify(
    from: &str,
    place: &PlaceArgs,
    id: Option<&str>,
    read_data: bool,
    json: bool,
) -> anyhow::Result<()> {
    let shelf = shelf(from, place)?;
    let of = match id {
        Some(id) => Kept { backups: vec![find(&*shelf, Some(id)).await?], ..Kept::default() },
        None => backups(&*shelf).await?,
    };
    let progress = Arc::new(Progress::default());
    let watched = watch(progress.clone(), json);
    let verified = ::backup::verify(shelf, of, read_data, progress).await;
    watched.end();
    let verified = verified.with_context(|| format!("verifying {from}"))?;
    show::verified(&verified, read_data, json);
    complete(&verified.damaged, "damaged or missing", json)
}

async fn restore(arguments: RestoreArgs) -> anyhow::Result<()> {
    let RestoreArgs { from, place, backup, data, config, parity, without_missing, master_key, json } =
        arguments;
    let shelf = shelf(&from, &place)?;
    let of = find(&*shelf, backup.as_deref()).await.with_context(|| format!("reading {from}"))?;
    let settings = Settings::read(ServeArgs { data, config, parity, ..ServeArgs::default() })?;
    let key = master_key::for_restore(master_key.as_deref(), &of.seal_check)?;
    empty::begin(&settings.data, &of.id())?;
    let engine = engine::open(&settings, Arc::new(SystemClock), Arc::new(OsRandom)).await?;
    if let (Some(key), Some(_)) = (&key, &master_key) {
        master_key::keep_restored(&engine.dirs, key)?;
    }
    let hall = Hall::new(
        engine.catalog.clone(),
        engine.store.clone(),
        Arc::new(SystemClock),
        Arc::new(OsRandom),
        settings.semantics.clone(),
    );
    let progress = Arc::new(Progress::default());
    let watched = watch(progress.clone(), json);
    let restored = ::backup::restore(shelf, &of, without_missing, &hall, progress).await;
    watched.end();
    if restored.is_ok() {
        empty::end(&settings.data)?;
        ::backup::forget(&of, &hall).await?;
    }
    drop(hall);
    engine.close().await?;
    let again = match &restored {
        Err(Fault::Missing(_)) => "bring it back and run the same command again, or add --without-missing",
        _ => "run the same command again to go on",
    };
    let restored = restored.with_context(|| format!("restoring {} ({again})", of.id()))?;
    show::restored(&restored, &of, &settings.data, key.is_some(), json);
    complete(&restored.lost, "could not be restored", json)
}

/// An error when something is missing, after it was named.
fn complete(lacking: &Lacking, what: &str, json: bool) -> anyhow::Result<()> {
    let Lacking { count, names } = lacking;
    if *count == 0 {
        return Ok(());
    }
    for name in names {
        if json { println!("{}", json!({ "lost": name })) } else { eprintln!("{what}: {name}") }
    }
    Err(Incomplete(format!("{what}: {count}; {} of them stand above", names.len())).into())
}

/// A directory, or `s3://bucket/prefix`.
fn shelf(place: &str, how: &PlaceArgs) -> anyhow::Result<Arc<dyn Shelf>> {
    let Some(path) = place.strip_prefix("s3://") else {
        if place.contains("://") {
            bail!("{place:?} is no place for backups: name a directory, or s3://bucket/prefix");
        }
        return Ok(Arc::new(Directory::at(place)));
    };
    let own = std::env::var("STRONGROOM_BACKUP_ACCESS_KEY").ok();
    let variable = |own_name: &str, usual: &str| match &own {
        Some(_) => std::env::var(own_name).with_context(|| format!("{own_name} is not set")),
        None => std::env::var(usual).with_context(|| format!("set STRONGROOM_BACKUP_ACCESS_KEY, or {usual}")),
    };
    let region = how.region.clone().or_else(|| std::env::var("AWS_REGION").ok());
    let region = region.or_else(|| std::env::var("AWS_DEFAULT_REGION").ok());
    let region = region.unwrap_or_else(|| "us-east-1".to_owned());
    let signatory = Signatory {
        access_key: variable("STRONGROOM_BACKUP_ACCESS_KEY", "AWS_ACCESS_KEY_ID")?,
        secret: Secret::new(variable("STRONGROOM_BACKUP_SECRET_KEY", "AWS_SECRET_ACCESS_KEY")?),
        session_token: variable("STRONGROOM_BACKUP_SESSION_TOKEN", "AWS_SESSION_TOKEN").ok(),
        region: region.clone(),
    };
    let amazon = || format!("https://s3.{region}.amazonaws.com");
    let endpoint = how.endpoint_url.clone().unwrap_or_else(amazon);
    Ok(Arc::new(s3::Bucket::new(Client::new(&endpoint, signatory)?, path)?))
}
