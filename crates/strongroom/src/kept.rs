//! Small secret files that every device keeps a copy of: none of them may go with a device.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// A file of one name in each of the devices' directories.
pub struct Kept<'a> {
    pub name: &'static str,
    pub dirs: &'a [PathBuf],
}

impl Kept<'_> {
    /// Where a message points to.
    pub fn path(&self) -> PathBuf {
        self.dirs.first().map_or_else(PathBuf::new, |dir| dir.join(self.name))
    }

    /// The first copy that reads and is what `parse` takes, put wherever it is missing. `None` when there is none.
    pub fn read<T>(&self, parse: impl Fn(&[u8]) -> anyhow::Result<T>) -> anyhow::Result<Option<T>> {
        let (mut found, mut failure) = (None, None);
        for dir in self.dirs {
            let path = dir.join(self.name);
            match read(&path).and_then(|bytes| bytes.map(|bytes| Ok((parse(&bytes)?, bytes))).transpose()) {
                Ok(None) => {}
                Ok(Some(kept)) => {
                    found = Some(kept);
                    break;
                }
                Err(error) => {
                    failure.get_or_insert(error.context(format!("reading {}", path.display())));
                }
            }
        }
        match (found, failure) {
            (Some((kept, bytes)), failure) => {
                if let Some(failure) = failure {
                    tracing::error!("{failure:#}; another device's copy is used");
                }
                self.spread(&bytes);
                Ok(Some(kept))
            }
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }

    /// Durable on every device, or an error.
    pub fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        for dir in self.dirs {
            write(dir, self.name, bytes)
                .with_context(|| format!("writing {}", dir.join(self.name).display()))?;
        }
        Ok(())
    }

    /// A device that can't take its copy now gets it at another start.
    fn spread(&self, bytes: &[u8]) {
        for dir in self.dirs {
            let has_it = fs::read(dir.join(self.name)).is_ok_and(|kept| kept == bytes);
            if !has_it && let Err(error) = write(dir, self.name, bytes) {
                tracing::warn!(dir = %dir.display(), file = self.name, %error, "a copy could not be written");
            }
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    if !path.try_exists()? {
        return Ok(None);
    }
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        bail!("it can be read by others; run: chmod 600 {}", path.display());
    }
    Ok(Some(fs::read(path)?))
}

/// Whole and durable, or not at all.
pub fn write(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let (path, draft) = (dir.join(name), dir.join(format!("{name}.new")));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    File::open(dir)?.sync_all()
}
