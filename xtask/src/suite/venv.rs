//! Python's clients at their pinned versions, in `target/venv`; made once for each state of the requirements.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run;
use crate::suite::debian;

/// The interpreter of an environment that holds exactly these requirements.
pub fn make(requirements: &Path) -> Result<PathBuf> {
    let folder = run::root().join("target/venv");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let wanted = std::fs::read_to_string(requirements).context("the suites' requirements are missing")?;
    // The stamp is written last, so an environment whose making was cut off is made again.
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) && python.exists() {
        return Ok(python);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    create(&folder)?;
    let mut install = run::command(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    run::must(install)?;
    std::fs::write(&stamp, wanted)?;
    Ok(python)
}

/// Debian keeps `venv` apart from Python itself.
fn create(folder: &Path) -> Result<()> {
    let venv = || {
        let mut venv = run::command("python3");
        venv.args(["-m", "venv"]).arg(folder);
        venv
    };
    if run::must(venv()).is_ok() {
        return Ok(());
    }
    debian::install(&["python3-venv"]);
    run::must(venv())
}
