//! The master key: from the environment, or drawn on the first start and kept with mode 0600.
//!
//! The catalog keeps a value that was sealed under it, so that a wrong key is told at the start and not by
//! secrets that do not open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use catalog::table::space;
use catalog::{Catalog, Group, Write};
use seal::{MasterKey, Sealer};
use world::Random;
use zeroize::Zeroizing;

use crate::kept::Kept;

pub const FILE: &str = "master-key";
const VARIABLE: &str = "STRONGROOM_MASTER_KEY";
const PURPOSE: &str = "seal-check";
/// What the check value opens to.
const CHECK: &[u8] = b"strongroom";

/// The sealer of this site. A key that did not seal what the site holds is refused.
pub async fn sealer(dirs: &[PathBuf], catalog: &Catalog, random: &Arc<dyn Random>) -> anyhow::Result<Sealer> {
    let check = catalog.get(&space::seal_check()).context("reading the check value of the master key")?;
    let kept = Kept { name: FILE, dirs };
    let key = match given(&kept)? {
        Some(key) => key,
        // Without its key the site's secrets are lost; a new one would only hide that.
        None if check.is_some() => bail!(
            "the master key is missing: put {} back, or set {VARIABLE} to the key that this site was made with",
            kept.path().display()
        ),
        None => {
            let key = MasterKey::draw(&**random);
            keep(&kept, &key)?;
            key
        }
    };
    let sealer = Sealer::new(&key);
    match check {
        Some(sealed) => match sealer.open(PURPOSE, &sealed) {
            Ok(_) => Ok(sealer),
            Err(fault) => bail!(
                "the master key is not the one that this site's secrets were sealed under ({fault}); \
                 use the {FILE} file or the {VARIABLE} that the site was made with"
            ),
        },
        None => {
            write_check(catalog, &sealer, random).await?;
            Ok(sealer)
        }
    }
}

/// The key that a restore was given, which must be the one that the backup's secrets were sealed under.
pub fn for_restore(file: Option<&Path>, sealed: &[u8]) -> anyhow::Result<Option<MasterKey>> {
    let key = match file {
        Some(file) if !file.try_exists()? => bail!("there is no master key at {}", file.display()),
        Some(file) => read(file)?,
        None => match given(&Kept { name: FILE, dirs: &[] })? {
            Some(key) => key,
            None => return Ok(None),
        },
    };
    if !sealed.is_empty() && Sealer::new(&key).open(PURPOSE, sealed).is_err() {
        bail!(
            "the master key is not the one that this backup's secrets were sealed under; \
             give the {FILE} file or the {VARIABLE} that the site was made with, or none"
        );
    }
    Ok(Some(key))
}

/// Where the server will look for it.
pub fn keep_restored(dirs: &[PathBuf], key: &MasterKey) -> anyhow::Result<()> {
    keep(&Kept { name: FILE, dirs }, key)
}

fn read(file: &Path) -> anyhow::Result<MasterKey> {
    let reading = || format!("reading {}", file.display());
    let text = Zeroizing::new(std::fs::read_to_string(file).with_context(reading)?);
    MasterKey::parse(&text).with_context(reading)
}

/// Whole and durable before anything is sealed under it: a key that is lost in a crash takes the secrets along.
fn keep(kept: &Kept<'_>, key: &MasterKey) -> anyhow::Result<()> {
    kept.write(Zeroizing::new(format!("{}\n", &*key.expose())).as_bytes())
}

fn given(kept: &Kept<'_>) -> anyhow::Result<Option<MasterKey>> {
    if let Ok(text) = std::env::var(VARIABLE) {
        let text = Zeroizing::new(text);
        return Ok(Some(MasterKey::parse(&text).with_context(|| format!("reading {VARIABLE}"))?));
    }
    kept.read(|bytes| Ok(MasterKey::parse(std::str::from_utf8(bytes)?)?))
}

async fn write_check(catalog: &Catalog, sealer: &Sealer, random: &Arc<dyn Random>) -> anyhow::Result<()> {
    let sealed = sealer.seal(&**random, PURPOSE, CHECK)?;
    let write = Write::put(space::seal_check(), sealed);
    let written = catalog.write(Group::new(PURPOSE), vec![write]).await;
    written.context("writing the check value of the master key")
}
