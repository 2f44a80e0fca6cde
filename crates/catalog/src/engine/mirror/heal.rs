//! Making a member's journal the same as another's, file by file.
//!
//! Nothing is begun meanwhile, so a crash leaves the source as it was, and the next start heals again. It knows nothing
//! about frames.

use std::io;

use world::Disk;

use crate::Fault;
use crate::engine::journal::{DIRECTORY, SUFFIX, SUFFIX_NEW, path};

const STEP_BYTES: usize = 1 << 20;

/// Copies what differs, and removes segments that the source lacks. Other files are nobody's, and refused.
pub(super) fn heal(source: &dyn Disk, target: &dyn Disk) -> Result<(), Fault> {
    let doing = "healing a journal";
    empty_but(target, &source.list(DIRECTORY).map_err(Fault::io(doing))?)?;
    for name in source.list(DIRECTORY).map_err(Fault::io(doing))? {
        copy(source, target, &path(&name)).map_err(Fault::io(doing))?;
    }
    target.sync_dir(DIRECTORY).map_err(Fault::io(doing))
}

/// Removes all segments but those named; the directory is made where it is missing.
pub(crate) fn empty_but(disk: &dyn Disk, kept: &[String]) -> Result<(), Fault> {
    let doing = "emptying a journal";
    disk.create_dir(DIRECTORY).map_err(Fault::io(doing))?;
    disk.sync_dir("").map_err(Fault::io(doing))?;
    for name in disk.list(DIRECTORY).map_err(Fault::io(doing))? {
        if !name.ends_with(SUFFIX) && !name.ends_with(SUFFIX_NEW) {
            return Err(Fault::corrupt(path(&name), "not a file of the journal"));
        }
        if !kept.contains(&name) {
            disk.remove(&path(&name)).map_err(Fault::io(doing))?;
        }
    }
    disk.sync_dir(DIRECTORY).map_err(Fault::io(doing))
}

fn copy(source: &dyn Disk, target: &dyn Disk, path: &str) -> io::Result<()> {
    let from = source.open(path)?;
    let bytes = from.len()?;
    let there = if target.exists(path)? { Some(target.open(path)?) } else { None };
    let fitting = match there {
        Some(file) if file.len()? == bytes => Some(file),
        Some(_) => {
            target.remove(path)?;
            None
        }
        None => None,
    };
    let made = fitting.is_none();
    let temporary = path.replace(SUFFIX, SUFFIX_NEW);
    let to = match fitting {
        Some(file) => file,
        None => {
            let file = target.create(&temporary)?;
            file.allocate(bytes)?;
            file
        }
    };
    let (mut good, mut found) = (vec![0; STEP_BYTES], vec![0; STEP_BYTES]);
    let mut at = 0;
    while at < bytes {
        let step = (bytes - at).min(STEP_BYTES as u64) as usize;
        from.read_exact_at(&mut good[..step], at)?;
        // What cannot be read may yet be written.
        let same = !made && to.read_exact_at(&mut found[..step], at).is_ok() && good[..step] == found[..step];
        if !same {
            to.write_all_at(&good[..step], at)?;
        }
        at += step as u64;
    }
    to.sync_all()?;
    if made { target.rename(&temporary, path) } else { Ok(()) }
}
