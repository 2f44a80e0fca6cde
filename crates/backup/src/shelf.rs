//! Where backups are kept, as a port: a few named files, each written once and whole.
//!
//! ```text
//! shelf              what this is, and its format
//! packs/<sha-256>    pieces of bodies and of rows
//! index/<sha-256>    the tables of packs, so that these need not be read
//! backups/<id>       a backup; it is written after all that it names
//! ```

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use crate::fault::Fault;
use crate::lacking::Lacking;
use crate::record::{self, Backup};

const SHELF: &str = "shelf";
const FORMAT: &[u8] = b"strongroom backups, format 1\n";
pub(crate) const PACKS: &str = "packs/";
pub(crate) const INDEX: &str = "index/";
pub(crate) const BACKUPS: &str = "backups/";

#[async_trait]
pub trait Shelf: Send + Sync {
    /// Whole and durable on return, or not there at all.
    async fn put(&self, name: &str, bytes: Bytes) -> Result<(), Fault>;
    async fn get(&self, name: &str) -> Result<Option<Bytes>, Fault>;
    /// Less of it where the file ends.
    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>, Fault>;
    /// The names that begin with a prefix, which is empty or ends in a slash, sorted, with their lengths.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, Fault>;
    /// Of what may be gone already.
    async fn delete(&self, name: &str) -> Result<(), Fault>;
    /// Keeps other writers away until `unlock`, or until this process ends.
    async fn lock(&self) -> Result<(), Fault>;
    async fn unlock(&self) -> Result<(), Fault>;
}

/// Checks that this is a shelf; with `make`, a place that is empty becomes one.
pub(crate) async fn open(shelf: &dyn Shelf, make: bool) -> Result<(), Fault> {
    match shelf.get(SHELF).await? {
        Some(format) if format == FORMAT => return Ok(()),
        Some(_) => {
            let newer = "what is kept there has a format that this release does not know";
            return Err(Fault::Refused(newer.to_owned()));
        }
        None => {}
    }
    if !shelf.list("").await?.iter().all(|(name, _)| name == "lock") {
        let other = "there are other files and no backups; name an empty place, or one with backups";
        return Err(Fault::Refused(other.to_owned()));
    }
    if make {
        return shelf.put(SHELF, Bytes::from_static(FORMAT)).await;
    }
    Err(Fault::Refused("there are no backups".to_owned()))
}

/// All backups.
#[derive(Debug, Default)]
pub struct Kept {
    /// The oldest first.
    pub backups: Vec<Backup>,
    /// Those that cannot be read.
    pub damaged: Lacking,
}

pub async fn backups(shelf: &dyn Shelf) -> Result<Kept, Fault> {
    open(shelf, false).await?;
    let mut kept = Kept::default();
    for id in ids(shelf).await? {
        // Another process may prune at the same time.
        let Some(bytes) = shelf.get(&format!("{BACKUPS}{id}")).await? else { continue };
        match Backup::decode(&id, bytes) {
            Ok(backup) => kept.backups.push(backup),
            Err(fault) => kept.damaged.note(fault.to_string()),
        }
    }
    Ok(kept)
}

/// Of all backups, the latest last. Other files may be there, as those of a copy under way.
pub(crate) async fn ids(shelf: &dyn Shelf) -> Result<Vec<String>, Fault> {
    let listed = shelf.list(BACKUPS).await?.into_iter();
    let named = listed.map(|(name, _)| name[BACKUPS.len()..].to_owned());
    Ok(named.filter(|name| record::is_id(name)).collect())
}

/// One backup; the latest when none is named.
pub async fn find(shelf: &dyn Shelf, id: Option<&str>) -> Result<Backup, Fault> {
    open(shelf, false).await?;
    let id = match id {
        Some(id) => Some(id.to_owned()),
        None => ids(shelf).await?.pop(),
    };
    let Some(id) = id else { return Err(Fault::Refused("there are no backups".to_owned())) };
    match shelf.get(&format!("{BACKUPS}{id}")).await? {
        Some(bytes) => Backup::decode(&id, bytes),
        None => Err(Fault::Unknown(id)),
    }
}

pub(crate) fn file(backup: &Backup) -> String {
    format!("{BACKUPS}{}", backup.id())
}
