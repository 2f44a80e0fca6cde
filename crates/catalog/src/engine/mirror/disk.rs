//! The journal's disk: every change is made on all members, what is read comes from one.
//!
//! The journal's live segments are the same bytes on all members. It knows nothing about frames: what some members had
//! no room for, others may have.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use world::{AlignedBytes, Disk, DiskFile, Space};

use super::lanes::{Held, Lane};
use super::members::Members;
use crate::Fault;

pub(crate) struct Mirror(Arc<Members>);

struct MirrorFile {
    members: Arc<Members>,
    files: Vec<Held<Arc<dyn DiskFile>>>,
    /// From its creation to the first sync of all of it.
    is_being_made: AtomicBool,
}

impl Mirror {
    pub const fn over(members: Arc<Members>) -> Self {
        Self(members)
    }

    fn disks(&self) -> Vec<Held<Arc<dyn Disk>>> {
        self.0.living().iter().map(|place| place.held_disk()).collect()
    }

    fn all<T: Send + 'static>(
        &self,
        job: impl Fn(&dyn Disk) -> io::Result<T> + Clone + Send + 'static,
    ) -> io::Result<Vec<Held<T>>> {
        all(&self.0, self.disks(), Lane::Files, job)
    }

    fn file(&self, files: Vec<Held<Arc<dyn DiskFile>>>, is_new: bool) -> Arc<dyn DiskFile> {
        Arc::new(MirrorFile { members: self.0.clone(), files, is_being_made: AtomicBool::new(is_new) })
    }
}

impl Disk for Mirror {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        let path = path.to_owned();
        self.all(move |disk| disk.create_dir(&path)).map(drop)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let path = path.to_owned();
        Ok(self.file(self.all(move |disk| disk.open(&path))?, false))
    }

    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let path = path.to_owned();
        Ok(self.file(self.all(move |disk| disk.create(&path))?, true))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        first(&self.0, &self.disks(), |disk| disk.exists(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.all(move |disk| disk.rename(&from, &to)).map(drop)
    }

    /// A member that joined later lacks the older segments, and one without space lacks what was to be made.
    fn remove(&self, path: &str) -> io::Result<()> {
        let path = path.to_owned();
        let gone =
            |error: io::Error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) };
        self.all(move |disk| disk.remove(&path).or_else(gone)).map(drop)
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        first(&self.0, &self.disks(), |disk| disk.list(dir))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let dir = dir.to_owned();
        self.all(move |disk| disk.sync_dir(&dir)).map(drop)
    }

    /// That of the fullest member.
    fn space(&self) -> io::Result<Space> {
        let spaces = all(&self.0, self.disks(), Lane::Journal, |disk: &dyn Disk| disk.space())?;
        let least = spaces.into_iter().map(|(_, space)| space).min_by_key(|space| space.available_bytes);
        least.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl MirrorFile {
    fn living(&self) -> impl Iterator<Item = &Held<Arc<dyn DiskFile>>> {
        self.files.iter().filter(|(seat, _)| seat.is_living())
    }

    fn all(
        &self,
        lane: Lane,
        job: impl Fn(&dyn DiskFile) -> io::Result<()> + Clone + Send + 'static,
    ) -> io::Result<()> {
        all(&self.members, self.living().cloned().collect(), lane, job).map(drop)
    }

    fn write(
        &self,
        buf: &[u8],
        write: impl Fn(&dyn DiskFile, &[u8]) -> io::Result<()> + Copy + Send + 'static,
    ) -> io::Result<()> {
        if let Some(file) = only(self.living()) {
            return write(&*file, buf);
        }
        // A segment is made off the path of commits, and they don't wait behind it while there are spares.
        let lane = if self.is_being_made.load(Ordering::Relaxed) { Lane::Making } else { Lane::Journal };
        // A member that hangs may still want the bytes when the caller has long gone on.
        let bytes = Arc::new(AlignedBytes::from(buf));
        self.all(lane, move |file| write(file, &bytes))
    }
}

impl DiskFile for MirrorFile {
    fn len(&self) -> io::Result<u64> {
        first(&self.members, &self.files, |file| file.len())
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        first(&self.members, &self.files, |file| file.read_exact_at(buf, offset))
    }

    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        first(&self.members, &self.files, |file| file.read_cached_at(buf, offset))
    }

    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.write(buf, move |file, bytes| file.write_all_at(bytes, offset))
    }

    fn write_blocks_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.write(buf, move |file, bytes| file.write_blocks_at(bytes, offset))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.all(Lane::Journal, |file| file.sync_data())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.all(Lane::Making, |file| file.sync_all())?;
        self.is_being_made.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.all(Lane::Making, move |file| file.set_len(len))
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.all(Lane::Making, move |file| file.allocate(len))
    }

    fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        self.all(Lane::Journal, move |file| file.punch(offset, len))
    }
}

fn only<'a, H: Clone + 'a>(mut living: impl Iterator<Item = &'a Held<H>>) -> Option<H> {
    let (_, only) = living.next()?;
    living.next().is_none().then(|| only.clone())
}

/// On the caller's thread where there is one member: nobody could go on without it.
fn all<H: ?Sized + Send + Sync + 'static, T: Send + 'static>(
    members: &Members,
    holders: Vec<Held<Arc<H>>>,
    lane: Lane,
    job: impl Fn(&H) -> io::Result<T> + Clone + Send + 'static,
) -> io::Result<Vec<Held<T>>> {
    if let [(seat, only)] = &holders[..] {
        return Ok(vec![(seat.clone(), job(only)?)]);
    }
    members.ask(holders, lane, move |held| job(held).map_err(fault)).map_err(error)
}

fn first<H: ?Sized, T>(
    members: &Members,
    holders: &[Held<Arc<H>>],
    mut ask: impl FnMut(&H) -> io::Result<T>,
) -> io::Result<T> {
    if let [(_, only)] = holders {
        return ask(only);
    }
    members.first(holders, |_, held| ask(held).map_err(fault)).map_err(error)
}

fn fault(error: io::Error) -> Fault {
    Fault::io("mirroring the journal")(error)
}

fn error(fault: Fault) -> io::Error {
    match fault {
        Fault::NoSpace => io::ErrorKind::StorageFull.into(),
        Fault::Io { source, .. } => io::Error::new(source.kind(), source),
        other => io::Error::other(other),
    }
}
