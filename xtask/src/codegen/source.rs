//! Where the models come from: one pinned wheel of botocore, fetched through pip and proven by its hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::model::Service;

/// The pinned release; raising it is a commit of its own.
pub const BOTOCORE: &str = "1.44.5";
const WHEEL_SHA256: &str = "8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921";

/// The downloaded models.
pub struct Source {
    folder: PathBuf,
}

impl Source {
    /// What is already under `folder`, or else a download.
    pub fn open(folder: &Path) -> Result<Self> {
        let source = Self { folder: folder.join(format!("botocore-{BOTOCORE}")) };
        if !source.folder.exists() {
            source.fetch(folder)?;
        }
        Ok(source)
    }

    /// What is already under `folder`.
    #[cfg(test)]
    pub fn present(folder: &Path) -> Option<Self> {
        let source = Self { folder: folder.join(format!("botocore-{BOTOCORE}")) };
        source.folder.exists().then_some(source)
    }

    fn fetch(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let pin = folder.join("requirements.txt");
        fs::write(&pin, format!("botocore=={BOTOCORE} --hash=sha256:{WHEEL_SHA256}\n"))?;
        let folder_text = folder.display().to_string();
        let pin_text = pin.display().to_string();
        python(&[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--dest",
            &folder_text,
            "-r",
            &pin_text,
        ])?;
        let wheel = folder.join(format!("botocore-{BOTOCORE}-py3-none-any.whl")).display().to_string();
        let unpacked = folder.join("unpacking");
        python(&["-m", "zipfile", "-e", &wheel, &unpacked.display().to_string()])?;
        fs::rename(&unpacked, &self.folder).context("naming what was unpacked")
    }

    /// The model of `service` at `version`, for instance `s3`, `2006-03-01`.
    pub fn service(&self, service: &str, version: &str) -> Result<Service> {
        let path = self.folder.join("botocore/data").join(service).join(version).join("service-2.json.gz");
        let output = Command::new("gzip").arg("-dc").arg(&path).output().context("gzip")?;
        ensure!(output.status.success(), "cannot read {}", path.display());
        serde_json::from_slice(&output.stdout).with_context(|| path.display().to_string())
    }
}

fn python(arguments: &[&str]) -> Result<()> {
    let status = Command::new("python3").args(arguments).status().context("python3")?;
    ensure!(status.success(), "python3 {} failed", arguments.join(" "));
    Ok(())
}
