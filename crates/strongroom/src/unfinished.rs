//! Marks in data directories of work that has not ended: nobody serves half a site.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::data_dir::DataDir;

#[derive(Clone, Copy)]
pub enum Mark {
    /// Its text is the backup.
    Restoring,
    /// The catalog is not whole, and what is there of it may go.
    Rebuilding,
}

/// For who serves the directories.
pub fn check(data: &[DataDir]) -> anyhow::Result<()> {
    Mark::Restoring.refuse(data)?;
    Mark::Rebuilding.refuse(data)
}

impl Mark {
    fn file(self, dir: &Path) -> PathBuf {
        dir.join(match self {
            Self::Restoring => "restoring",
            Self::Rebuilding => "rebuilding",
        })
    }

    /// An error where one of the directories has it.
    pub fn refuse(self, data: &[DataDir]) -> anyhow::Result<()> {
        for DataDir { path, .. } in data {
            let shown = path.display();
            match (self, self.text(path)?) {
                (_, None) => {}
                (Self::Restoring, Some(backup)) => {
                    bail!("the restore of backup {backup} into {shown} has not ended; run it again to go on")
                }
                (Self::Rebuilding, Some(_)) => bail!(
                    "the rebuild of the catalog in {shown} has not ended; run `strongroom verify --rebuild` again"
                ),
            }
        }
        Ok(())
    }

    /// `None` where it is not.
    pub fn text(self, dir: &Path) -> anyhow::Result<Option<String>> {
        let file = self.file(dir);
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
        }
    }

    pub fn set(self, dir: &Path, text: &str) -> anyhow::Result<()> {
        let set = || {
            let mut file = File::create(self.file(dir))?;
            file.write_all(format!("{text}\n").as_bytes())?;
            file.sync_all()?;
            File::open(dir)?.sync_all()
        };
        set().with_context(|| format!("writing to {}", dir.display()))
    }

    /// Of a directory that has it.
    pub fn clear(self, dir: &Path) -> anyhow::Result<()> {
        let clear = || {
            fs::remove_file(self.file(dir))?;
            File::open(dir)?.sync_all()
        };
        clear().with_context(|| format!("writing to {}", dir.display()))
    }
}
