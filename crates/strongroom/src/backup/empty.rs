//! The data directories of a restore: empty at its beginning, marked until its end, so that nobody serves half a site.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::data_dir::DataDir;

const MARK: &str = "restoring";

/// Marks empty directories. When one is marked already, this backup's restore was cut off, perhaps while it marked them or
/// took the marks away: then the others may hold what they hold.
pub fn begin(data: &[DataDir], backup: &str) -> anyhow::Result<()> {
    let mut goes_on = false;
    for DataDir { path, .. } in data {
        if let Some(begun) = mark_of(path)? {
            if begun != backup {
                let shown = path.display();
                bail!(
                    "backup {begun} is being restored into {shown}: go on with --backup {begun}, or empty the directory"
                );
            }
            goes_on = true;
        }
    }
    let mut empty = Vec::new();
    for DataDir { path, .. } in data {
        let shown = path.display();
        fs::create_dir_all(path).with_context(|| format!("making {shown}"))?;
        let mut entries = fs::read_dir(path)?.filter_map(Result::ok);
        match entries.find(|entry| entry.file_name() != "lost+found") {
            None => empty.push(path),
            Some(_) if goes_on => {}
            Some(other) => {
                bail!("{shown} is not empty, it holds {:?}; name a new directory", other.file_name())
            }
        }
    }
    empty
        .into_iter()
        .try_for_each(|path| mark(path, backup).with_context(|| format!("writing to {}", path.display())))
}

pub fn end(data: &[DataDir]) -> anyhow::Result<()> {
    for DataDir { path, .. } in data {
        if mark_of(path)?.is_some() {
            fs::remove_file(path.join(MARK))?;
            File::open(path)?.sync_all()?;
        }
    }
    Ok(())
}

/// For who serves the directories.
pub fn check_whole(data: &[DataDir]) -> anyhow::Result<()> {
    for DataDir { path, .. } in data {
        if let Some(backup) = mark_of(path)? {
            let shown = path.display();
            bail!("the restore of backup {backup} into {shown} has not ended; run it again to go on");
        }
    }
    Ok(())
}

/// Whose restore into this directory has not ended.
fn mark_of(data: &Path) -> anyhow::Result<Option<String>> {
    let mark = data.join(MARK);
    match fs::read_to_string(&mark) {
        Ok(backup) => Ok(Some(backup.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", mark.display())),
    }
}

fn mark(data: &Path, backup: &str) -> std::io::Result<()> {
    let mut mark = File::create(data.join(MARK))?;
    mark.write_all(format!("{backup}\n").as_bytes())?;
    mark.sync_all()?;
    File::open(data)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKUP: &str = "20261122T175526Z-042";

    #[test]
    fn a_restore_that_was_cut_off_at_either_end_goes_on_and_is_not_served() {
        let root = std::env::temp_dir().join(format!("strongroom-empty-{}", std::process::id()));
        let data = ["a", "b"].map(|name| DataDir { path: root.join(name), zone: None });
        begin(&data[..1], BACKUP).unwrap();
        // Only the first was marked.
        begin(&data, BACKUP).unwrap();
        assert!(check_whole(&data[1..]).is_err());
        for DataDir { path, .. } in &data {
            fs::write(path.join("journal"), "of the new site").unwrap();
        }
        assert!(begin(&data, "20261122T175526Z-043").is_err());
        // Only the first mark was taken away.
        end(&data[..1]).unwrap();
        assert!(check_whole(&data).is_err());
        begin(&data, BACKUP).unwrap();
        assert!(check_whole(&data).is_err());
        end(&data).unwrap();
        check_whole(&data).unwrap();
        assert!(begin(&data, BACKUP).is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
