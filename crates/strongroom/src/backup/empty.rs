//! The data directories of a restore: empty at its beginning, marked until its end, so that nobody serves half a site.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::data_dir::DataDir;

const MARK: &str = "restoring";

/// Marks empty directories; those that this backup is being restored into stay as they are.
pub fn begin(data: &[DataDir], backup: &str) -> anyhow::Result<()> {
    data.iter().try_for_each(|data| begin_one(&data.path, backup))
}

pub fn end(data: &[DataDir]) -> anyhow::Result<()> {
    data.iter().try_for_each(|data| end_one(&data.path))
}

/// For who serves the directories.
pub fn check_whole(data: &[DataDir]) -> anyhow::Result<()> {
    data.iter().try_for_each(|data| check_one(&data.path))
}

fn begin_one(data: &Path, backup: &str) -> anyhow::Result<()> {
    let shown = data.display();
    fs::create_dir_all(data).with_context(|| format!("making {shown}"))?;
    if let Ok(begun) = fs::read_to_string(data.join(MARK)) {
        if begun.trim() == backup {
            return Ok(());
        }
        let begun = begun.trim();
        bail!(
            "backup {begun} is being restored into {shown}: go on with --backup {begun}, or empty the directory"
        );
    }
    let other = fs::read_dir(data)?.filter_map(Result::ok).find(|entry| entry.file_name() != "lost+found");
    if let Some(other) = other {
        bail!("{shown} is not empty, it holds {:?}; name a new directory", other.file_name());
    }
    fs::write(data.join(MARK), format!("{backup}\n")).with_context(|| format!("writing to {shown}"))?;
    fs::File::open(data)?.sync_all()?;
    Ok(())
}

fn end_one(data: &Path) -> anyhow::Result<()> {
    fs::remove_file(data.join(MARK))?;
    Ok(fs::File::open(data)?.sync_all()?)
}

fn check_one(data: &Path) -> anyhow::Result<()> {
    if let Ok(backup) = fs::read_to_string(data.join(MARK)) {
        let shown = data.display();
        bail!("the restore of backup {} into {shown} has not ended; run it again to go on", backup.trim());
    }
    Ok(())
}
