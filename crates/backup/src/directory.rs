//! A shelf in a directory of this machine.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use world::thread::spawn_blocking;

use crate::fault::Fault;
use crate::shelf::{BACKUPS, INDEX, PACKS, Shelf};

const LOCK: &str = "lock";
/// What a fresh file system has at its root.
const OF_FILE_SYSTEM: &str = "lost+found";
/// What is being written.
const DRAFT: &str = ".draft";

pub struct Directory {
    root: Arc<Path>,
    lock: Mutex<Option<File>>,
}

impl Directory {
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into().into(), lock: Mutex::new(None) }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        doing: String,
        act: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let root = self.root.clone();
        spawn_blocking(move || act(&root)).await.map_err(Fault::gone)?.map_err(Fault::io(doing))
    }

    fn shown(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }
}

#[async_trait]
impl Shelf for Directory {
    async fn put(&self, name: &str, bytes: Bytes) -> Result<(), Fault> {
        let doing = format!("writing {}", self.shown(name));
        let name = name.to_owned();
        self.blocking(doing, move |root| put(&root.join(name), &bytes)).await
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>, Fault> {
        let doing = format!("reading {}", self.shown(name));
        let name = name.to_owned();
        self.blocking(doing, move |root| found(fs::read(root.join(name)).map(Bytes::from))).await
    }

    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>, Fault> {
        let doing = format!("reading {}", self.shown(name));
        let name = name.to_owned();
        self.blocking(doing, move |root| found(read_range(&root.join(name), range))).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, Fault> {
        let doing = format!("listing {}", self.shown(prefix));
        let prefix = prefix.to_owned();
        self.blocking(doing, move |root| list(root, &prefix)).await
    }

    async fn delete(&self, name: &str) -> Result<(), Fault> {
        let doing = format!("deleting {}", self.shown(name));
        let name = name.to_owned();
        self.blocking(doing, move |root| found(fs::remove_file(root.join(name))).map(drop)).await
    }

    async fn lock(&self) -> Result<(), Fault> {
        let doing = format!("locking {}", self.shown(LOCK));
        let locked = self.blocking(doing, |root| {
            make_dir(root)?;
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(root.join(LOCK))?;
            match file.try_lock() {
                Ok(()) => clear_drafts(root).map(|()| Some(file)),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(TryLockError::Error(error)) => Err(error),
            }
        });
        let Some(file) = locked.await? else {
            let busy = format!("another backup or prune writes to {} now", self.root.display());
            return Err(Fault::Refused(busy));
        };
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    async fn unlock(&self) -> Result<(), Fault> {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

/// Those of a process that died: nobody else writes now.
fn clear_drafts(root: &Path) -> std::io::Result<()> {
    for dir in ["", PACKS, INDEX, BACKUPS].map(|dir| root.join(dir)).iter().filter(|dir| dir.exists()) {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.as_os_str().to_string_lossy().ends_with(DRAFT) {
                fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

fn found<T>(outcome: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_range(path: &Path, range: Range<u64>) -> std::io::Result<Bytes> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let length = range.end - range.start;
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// Everybody's data: for its owner alone.
fn make_dir(path: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let Some(dir) = path.parent() else { return Err(ErrorKind::InvalidInput.into()) };
    if !dir.exists() {
        make_dir(dir)?;
        dir.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())?;
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(DRAFT);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(dir)?.sync_all()
}

fn list(root: &Path, prefix: &str) -> std::io::Result<Vec<(String, u64)>> {
    let Some(entries) = found(fs::read_dir(root.join(prefix)))? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if !name.ends_with(DRAFT) && name != OF_FILE_SYSTEM {
            found.push((name, entry.metadata()?.len()));
        }
    }
    found.sort_unstable();
    Ok(found)
}
