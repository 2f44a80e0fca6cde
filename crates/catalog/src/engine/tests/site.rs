//! Several members in memory, whose disks and indexes fail, hang, fill up and rot as a test says; and their roster.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;
use model::Timestamp;
use world::{BLOCK_BYTES, Clock, Disk, DiskFile, ManualClock, Space};

use crate::engine::{
    Applied, Engine, Index, IndexCursor, IndexRead, IndexRow, IndexWrite, MemIndex, MemState, Member,
    Options, Verified, Watch,
};
use crate::{Catalog, Fault};

const NEVER: u64 = u64::MAX;

/// Who is trusted.
#[derive(Default)]
pub(super) struct Roster {
    pub lost: Mutex<BTreeSet<u16>>,
    pub refuses: AtomicBool,
}

impl Watch for Roster {
    fn lost(&self, member: u16, _: &Fault) -> Result<(), Fault> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(Fault::Index("the roster cannot be written".into()));
        }
        self.lost.lock().unwrap().insert(member);
        Ok(())
    }

    fn whole(&self, member: u16) -> Result<(), Fault> {
        self.lost.lock().unwrap().remove(&member);
        Ok(())
    }
}

/// A device: files and an index, and what is wrong with it.
#[derive(Default)]
pub(super) struct Drive {
    files: Mutex<BTreeMap<String, Arc<Mutex<Vec<u8>>>>>,
    pub state: Arc<MemState>,
    /// Changes that were asked of it.
    pub deeds: AtomicU64,
    /// This one and all later ones fail.
    fails_from: AtomicU64,
    hangs: Mutex<bool>,
    wakes: Condvar,
    /// Writes stop half-way for want of space.
    pub full: AtomicBool,
    /// Writes of a single block find no space.
    pub crowded: AtomicBool,
    /// The index's reserve finds no space.
    pub unreserved: AtomicBool,
    /// The index does not even say how far it has got.
    pub index_lost: Mutex<bool>,
    /// The index cannot read this key.
    pub spoilt: Mutex<Option<Vec<u8>>>,
}

impl Drive {
    fn new() -> Arc<Self> {
        Arc::new(Self { fails_from: AtomicU64::new(NEVER), ..Self::default() })
    }

    pub fn fail_from(&self, deed: u64) {
        self.fails_from.store(deed, Ordering::Relaxed);
    }

    pub fn has_failed(&self) -> bool {
        self.deeds.load(Ordering::Relaxed) > self.fails_from.load(Ordering::Relaxed)
    }

    pub fn hang(&self, hangs: bool) {
        *self.hangs.lock().unwrap() = hangs;
        self.wakes.notify_all();
    }

    fn deed(&self) -> io::Result<()> {
        let mut hangs = self.hangs.lock().unwrap();
        while *hangs {
            hangs = self.wakes.wait(hangs).unwrap();
        }
        let deed = self.deeds.fetch_add(1, Ordering::Relaxed);
        if deed >= self.fails_from.load(Ordering::Relaxed) { Err(io::Error::other("EIO")) } else { Ok(()) }
    }

    /// The same bytes on a device that is well.
    pub fn copy(&self) -> Arc<Self> {
        let files = self.files.lock().unwrap();
        let own = |(path, file): (&String, &Arc<Mutex<Vec<u8>>>)| {
            (path.clone(), Arc::new(Mutex::new(file.lock().unwrap().clone())))
        };
        let state = Arc::<MemState>::default();
        let (from, to) = (MemIndex::on(self.state.clone()), MemIndex::on(state.clone()));
        let rows = super::harness::scan_index(&from);
        let mut writes = rows.iter().map(|(key, value)| (&key[..], Some(&value[..])));
        to.apply(&mut writes, Some(from.applied().unwrap())).unwrap();
        let files = Mutex::new(files.iter().map(own).collect());
        Arc::new(Self { files, state, fails_from: AtomicU64::new(NEVER), ..Self::default() })
    }

    /// The segments that hold frames, the newest generation last.
    pub fn segments(&self) -> Vec<Arc<Mutex<Vec<u8>>>> {
        let files = self.files.lock().unwrap();
        let mut used: Vec<_> = files.values().filter(|file| file.lock().unwrap()[0] != 0).cloned().collect();
        used.sort_by_key(|file| u64::from_le_bytes(*file.lock().unwrap()[24..].first_chunk().unwrap()));
        used
    }

    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let files = self.files.lock().unwrap();
        files.iter().map(|(path, file)| (path.clone(), file.lock().unwrap().clone())).collect()
    }

    pub fn lose_journal(&self) {
        self.files.lock().unwrap().clear();
    }

    pub fn place_file(&self, path: &str) {
        self.files.lock().unwrap().insert(path.to_owned(), Arc::new(Mutex::new(vec![0])));
    }

    fn find(&self, path: &str) -> io::Result<Arc<Mutex<Vec<u8>>>> {
        self.files.lock().unwrap().get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

struct DriveDisk(Arc<Drive>);

struct DriveFile {
    drive: Arc<Drive>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Disk for DriveDisk {
    fn create_dir(&self, _: &str) -> io::Result<()> {
        self.0.deed()
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(DriveFile { drive: self.0.clone(), bytes: self.0.find(path)? }))
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.0.deed()?;
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let before = self.0.files.lock().unwrap().insert(path.to_owned(), bytes.clone());
        assert!(before.is_none(), "{path} is there already");
        Ok(Arc::new(DriveFile { drive: self.0.clone(), bytes }))
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        Ok(self.0.find(path).is_ok())
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.deed()?;
        let file = self.0.find(from)?;
        let mut files = self.0.files.lock().unwrap();
        files.remove(from);
        files.insert(to.to_owned(), file);
        Ok(())
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.0.deed()?;
        self.0.find(path)?;
        self.0.files.lock().unwrap().remove(path);
        Ok(())
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let files = self.0.files.lock().unwrap();
        let names = files.keys().filter_map(|path| path.strip_prefix(dir)?.strip_prefix('/'));
        Ok(names.map(str::to_owned).collect())
    }
    fn sync_dir(&self, _: &str) -> io::Result<()> {
        self.0.deed()
    }
    fn space(&self) -> io::Result<Space> {
        Ok(Space { total_bytes: 1 << 40, available_bytes: 1 << 39 })
    }
}

impl DiskFile for DriveFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = self.bytes.lock().unwrap();
        let part = bytes.get(offset as usize..offset as usize + buf.len());
        buf.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn read_cached_at(&self, _: &mut [u8], _: u64) -> io::Result<bool> {
        Ok(false)
    }
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.drive.deed()?;
        if self.drive.crowded.load(Ordering::Relaxed) && buf.len() <= BLOCK_BYTES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let full = self.drive.full.load(Ordering::Relaxed);
        let buf = if full { &buf[..buf.len() / 2] } else { buf };
        let mut bytes = self.bytes.lock().unwrap();
        let end = offset as usize + buf.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[offset as usize..end].copy_from_slice(buf);
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
    fn sync_data(&self) -> io::Result<()> {
        self.drive.deed()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.drive.deed()
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.drive.deed()?;
        self.bytes.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
    fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        self.drive.deed()?;
        self.bytes.lock().unwrap()[offset as usize..(offset + len) as usize].fill(0);
        Ok(())
    }
}

struct DriveIndex(Arc<Drive>, MemIndex);

struct DriveRead(Arc<Drive>, Box<dyn IndexRead>);

struct DriveCursor<'a>(&'a DriveRead, Box<dyn IndexCursor + 'a>);

impl Index for DriveIndex {
    fn applied(&self) -> Result<Applied, Fault> {
        if *self.0.index_lost.lock().unwrap() {
            return Err(Fault::corrupt("index", "lost"));
        }
        self.1.applied()
    }
    fn read(&self) -> Result<Box<dyn IndexRead>, Fault> {
        Ok(Box::new(DriveRead(self.0.clone(), self.1.read()?)))
    }
    fn apply(
        &self,
        rows: &mut dyn Iterator<Item = IndexWrite<'_>>,
        applied: Option<Applied>,
    ) -> Result<(), Fault> {
        self.0.deed().map_err(Fault::io("applying"))?;
        self.1.apply(rows, applied)
    }
    fn expect_reads(&self, expected: bool) {
        self.1.expect_reads(expected);
    }
    fn reserve(&self) -> Result<(), Fault> {
        self.0.deed().map_err(Fault::io("reserving"))?;
        if self.0.unreserved.load(Ordering::Relaxed) { Err(Fault::NoSpace) } else { Ok(()) }
    }
    fn verify(&self, start: &[u8], bytes_max: u64) -> Result<Verified, Fault> {
        self.1.verify(start, bytes_max)
    }
}

impl DriveRead {
    fn proven<T>(&self, key: &[u8], value: T) -> Result<T, Fault> {
        let spoilt = self.0.spoilt.lock().unwrap();
        if spoilt.as_deref() == Some(key) { Err(Fault::corrupt("index", "spoilt")) } else { Ok(value) }
    }
}

impl IndexRead for DriveRead {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        self.proven(key, ())?;
        self.1.get(key)
    }
    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor + 'a>, Fault> {
        Ok(Box::new(DriveCursor(self, self.1.cursor(start)?)))
    }
    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let last = self.1.last_key_before(start, end)?;
        self.proven(&last.clone().unwrap_or_default(), last)
    }
}

impl IndexCursor for DriveCursor<'_> {
    fn key(&self) -> Option<&[u8]> {
        self.1.key()
    }
    fn row(&mut self) -> Result<Option<IndexRow<'_>>, Fault> {
        let row = self.1.row()?;
        self.0.proven(row.map_or(&[], |(key, _)| key), row)
    }
    fn advance(&mut self) -> Result<(), Fault> {
        self.1.advance()
    }
    fn seek(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.1.seek(key)
    }
}

/// What outlives an engine.
pub(super) struct Site {
    pub drives: Vec<Arc<Drive>>,
    pub roster: Arc<Roster>,
    pub clock: Arc<dyn Clock>,
    pub options: Options,
}

impl Site {
    /// Small segments and memtables; all on the caller's thread.
    pub fn of(members: usize) -> Self {
        Self {
            drives: (0..members).map(|_| Drive::new()).collect(),
            roster: Arc::default(),
            clock: Arc::new(ManualClock::at(Timestamp::from_seconds(1_000))),
            options: Options {
                memtable_bytes_max: 16 << 10,
                segment_bytes_first: 16 << 10,
                segment_bytes_max: 32 << 10,
                free_bytes_min: 0,
                apply_rows_max: 5,
                member_deadline: None,
                ..Options::default()
            },
        }
    }

    pub fn threaded(members: usize, deadline: Duration) -> Self {
        let site = Self::of(members);
        Self { options: Options { member_deadline: Some(deadline), ..site.options }, ..site }
    }

    pub fn member(&self, number: u16) -> Member {
        let drive = self.drives[usize::from(number)].clone();
        let index = Box::new(DriveIndex(drive.clone(), MemIndex::on(drive.state.clone())));
        Member { number, disk: Arc::new(DriveDisk(drive)), index }
    }

    /// An empty device in the place of a member's.
    pub fn replace(&mut self, number: u16) -> Member {
        self.drives[usize::from(number)] = Drive::new();
        self.member(number)
    }

    pub fn trusted(&self) -> Vec<u16> {
        let lost = self.roster.lost.lock().unwrap();
        (0..self.drives.len() as u16).filter(|number| !lost.contains(number)).collect()
    }

    fn members(&self) -> Vec<Member> {
        self.trusted().into_iter().map(|number| self.member(number)).collect()
    }

    pub fn open(&self) -> Result<Engine, Fault> {
        Engine::open_members(self.members(), self.roster.clone(), self.clock.clone(), self.options)
    }

    pub fn open_catalog(&self) -> Result<Catalog, Fault> {
        Catalog::open_members(self.members(), self.roster.clone(), self.clock.clone(), self.options)
    }

    /// What a program finds that has only these members; the site itself does not change.
    pub fn only(&self, numbers: &[u16]) -> Self {
        let others = (0..self.drives.len() as u16).filter(|number| !numbers.contains(number));
        let roster = Roster { lost: Mutex::new(others.collect()), refuses: AtomicBool::new(false) };
        Self {
            drives: self.drives.iter().map(|drive| drive.copy()).collect(),
            roster: Arc::new(roster),
            clock: self.clock.clone(),
            options: self.options,
        }
    }

    /// All members that are trusted, and each of them alone.
    pub fn subsets(&self) -> Vec<Vec<u16>> {
        let trusted = self.trusted();
        let alone = trusted.iter().map(|number| vec![*number]);
        alone.chain([trusted.clone()]).collect()
    }
}
