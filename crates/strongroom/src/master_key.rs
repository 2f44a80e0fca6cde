//! The master key: from the environment, or drawn on the first start and kept with mode 0600.
//!
//! The catalog keeps a value that was sealed under it, so that a wrong key is told at the start and not by
//! secrets that do not open.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use catalog::table::space;
use catalog::{Catalog, Decision, Group, Write};
use seal::{MasterKey, Sealer};
use world::Random;
use zeroize::Zeroizing;

const FILE: &str = "master-key";
const VARIABLE: &str = "STRONGROOM_MASTER_KEY";
const PURPOSE: &str = "seal-check";
/// What the check value opens to.
const CHECK: &[u8] = b"strongroom";

/// The sealer of this site. A key that did not seal what the site holds is refused.
pub async fn sealer(data: &Path, catalog: &Catalog, random: &Arc<dyn Random>) -> anyhow::Result<Sealer> {
    let check = catalog.get(&space::seal_check()).context("reading the check value of the master key")?;
    let path = data.join(FILE);
    let key = match given(&path)? {
        Some(key) => key,
        // Without its key the site's secrets are lost; a new one would only hide that.
        None if check.is_some() => bail!(
            "the master key is missing: put {} back, or set {VARIABLE} to the key that this site was made with",
            path.display()
        ),
        None => {
            let key = MasterKey::draw(&**random);
            keep(data, &key).with_context(|| format!("writing {}", path.display()))?;
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

fn given(path: &Path) -> anyhow::Result<Option<MasterKey>> {
    if let Ok(text) = std::env::var(VARIABLE) {
        let text = Zeroizing::new(text);
        return Ok(Some(MasterKey::parse(&text).with_context(|| format!("reading {VARIABLE}"))?));
    }
    if !path.try_exists()? {
        return Ok(None);
    }
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        bail!("{} can be read by others; run: chmod 600 {}", path.display(), path.display());
    }
    let reading = || format!("reading {}", path.display());
    let text = Zeroizing::new(fs::read_to_string(path).with_context(reading)?);
    Ok(Some(MasterKey::parse(&text).with_context(reading)?))
}

/// Whole and durable before anything is sealed under it: a key that is lost in a crash takes the secrets along.
fn keep(data: &Path, key: &MasterKey) -> anyhow::Result<()> {
    let (path, draft) = (data.join(FILE), data.join(format!("{FILE}.new")));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(key.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    File::open(data)?.sync_all()?;
    Ok(())
}

async fn write_check(catalog: &Catalog, sealer: &Sealer, random: &Arc<dyn Random>) -> anyhow::Result<()> {
    let sealed = sealer.seal(&**random, PURPOSE, CHECK)?;
    let written = catalog.commit(Group::new(PURPOSE), move |_, _| {
        let write = Write::put(space::seal_check(), sealed.clone());
        Ok(Decision::<(), std::convert::Infallible>::Write(vec![write], ()))
    });
    match written.await.context("writing the check value of the master key")? {
        Ok(()) => Ok(()),
        Err(never) => match never {},
    }
}
