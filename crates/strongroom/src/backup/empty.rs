//! The data directories of a restore: empty at its beginning, marked until its end, so that nobody serves half a site.

use std::fs;

use anyhow::{Context as _, bail};

use crate::data_dir::DataDir;
use crate::unfinished::Mark;

/// Marks empty directories. When one is marked already, this backup's restore was cut off, perhaps while it marked them or
/// took the marks away: then the others may hold what they hold.
pub fn begin(data: &[DataDir], backup: &str) -> anyhow::Result<()> {
    let mut goes_on = false;
    for DataDir { path, .. } in data {
        if let Some(begun) = Mark::Restoring.text(path)? {
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
    empty.into_iter().try_for_each(|path| Mark::Restoring.set(path, backup))
}

pub fn end(data: &[DataDir]) -> anyhow::Result<()> {
    for DataDir { path, .. } in data {
        if Mark::Restoring.text(path)?.is_some() {
            Mark::Restoring.clear(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unfinished::check;

    const BACKUP: &str = "20261122T175526Z-042";

    #[test]
    fn a_restore_that_was_cut_off_at_either_end_goes_on_and_is_not_served() {
        let root = std::env::temp_dir().join(format!("strongroom-empty-{}", std::process::id()));
        let data = ["a", "b"].map(|name| DataDir { path: root.join(name), zone: None });
        begin(&data[..1], BACKUP).unwrap();
        // Only the first was marked.
        begin(&data, BACKUP).unwrap();
        assert!(check(&data[1..]).is_err());
        for DataDir { path, .. } in &data {
            fs::write(path.join("journal"), "of the new site").unwrap();
        }
        assert!(begin(&data, "20261122T175526Z-043").is_err());
        // Only the first mark was taken away.
        end(&data[..1]).unwrap();
        assert!(check(&data).is_err());
        begin(&data, BACKUP).unwrap();
        assert!(check(&data).is_err());
        end(&data).unwrap();
        check(&data).unwrap();
        assert!(begin(&data, BACKUP).is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
