//! A device as a directory of a real file system.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustix::fs::{FallocateFlags, FlockOperation, OFlags, fallocate, flock, statvfs};
use rustix::io::{Errno, ReadWriteFlags, preadv2};

use crate::disk::{BLOCK_BYTES, Disk, DiskFile, Space};

#[derive(Clone, Debug)]
pub struct RealDisk {
    root: PathBuf,
}

/// Holds a data directory for one process; the kernel releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct DeviceLock {
    _file: File,
}

impl RealDisk {
    /// Makes the directory where it does not exist.
    pub fn at(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        if !root.is_dir() {
            fs::create_dir_all(&root)?;
            if let Some(parent) = root.canonicalize()?.parent() {
                File::open(parent)?.sync_all()?;
            }
        }
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `WouldBlock` when another process holds it.
    pub fn lock(&self) -> io::Result<DeviceLock> {
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(self.root.join("lock"))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(DeviceLock { _file: file })
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }
}

impl Disk for RealDisk {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        fs::create_dir_all(self.path(path))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(path))?;
        Ok(Arc::new(RealFile::new(file)))
    }

    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(self.path(path))?;
        Ok(Arc::new(RealFile::new(file)))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.path(path).try_exists()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.path(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path(dir))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        File::open(self.path(dir))?.sync_all()
    }

    fn space(&self) -> io::Result<Space> {
        let stat = statvfs(&self.root)?;
        Ok(Space {
            total_bytes: stat.f_blocks * stat.f_frsize,
            available_bytes: stat.f_bavail * stat.f_frsize,
        })
    }
}

struct RealFile {
    file: File,
    /// The same file once more, around the page cache; `None` where the file system can't.
    direct: OnceLock<Option<File>>,
}

impl RealFile {
    const fn new(file: File) -> Self {
        Self { file, direct: OnceLock::new() }
    }

    /// A descriptor of its own: `O_DIRECT` holds for all that is read and written through one.
    fn direct(&self) -> Option<&File> {
        if let Some(known) = self.direct.get() {
            return known.as_ref();
        }
        // By its number, since it may have been renamed.
        let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let direct = OFlags::DIRECT.bits().cast_signed();
        let opened = OpenOptions::new().read(true).write(true).custom_flags(direct).open(path);
        let known = match opened {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => None,
            // Perhaps another time: too many files are open, or memory is short.
            Err(_) => return None,
        };
        self.direct.get_or_init(|| known).as_ref()
    }
}

fn is_in_blocks(buf: &[u8], offset: u64) -> bool {
    [buf.as_ptr().addr(), buf.len(), offset as usize].iter().all(|at| at.is_multiple_of(BLOCK_BYTES))
}

impl DiskFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buf, offset)
    }

    fn read_blocks_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        if is_in_blocks(buf, offset)
            && let Some(direct) = self.direct()
        {
            match direct.read_exact_at(buf, offset) {
                // As for writes.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                done => return done,
            }
        }
        self.read_exact_at(buf, offset)
    }

    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        let wanted = buf.len();
        let mut slices = [io::IoSliceMut::new(buf)];
        match preadv2(&self.file, &mut slices, offset, ReadWriteFlags::NOWAIT) {
            Ok(count) => Ok(count == wanted),
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(buf, offset)
    }

    fn write_blocks_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        if is_in_blocks(buf, offset)
            && let Some(direct) = self.direct()
        {
            match direct.write_all_at(buf, offset) {
                // The device wants larger blocks, or the file system took the flag and can't.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                done => return done,
            }
        }
        self.write_all_at(buf, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        match fallocate(&self.file, FallocateFlags::empty(), 0, len) {
            // File systems without fallocate get a sparse file: there a full disk shows at a later write all the same.
            Err(Errno::OPNOTSUPP) => self.file.set_len(len.max(self.len()?)),
            other => Ok(other?),
        }
    }

    fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        match fallocate(&self.file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, offset, len) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Err(io::ErrorKind::Unsupported.into()),
            other => Ok(other?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AlignedBytes;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("strongroom-world-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn written_bytes_read_back_and_punched_ones_are_zero() -> io::Result<()> {
        let dir = scratch("punched");
        let disk = RealDisk::at(&dir)?;
        disk.create_dir("a/b")?;
        let file = disk.create("a/b/file")?;
        file.allocate(16384)?;
        file.write_all_at(&b"abcd".repeat(2000), 4096)?;
        file.sync_data()?;
        let mut back = vec![0; 8000];
        file.read_exact_at(&mut back, 4096)?;
        assert_eq!(back, b"abcd".repeat(2000));
        file.punch(4096, 4096)?;
        file.read_exact_at(&mut back, 4096)?;
        assert_eq!((back[0], back[4095], &back[4096..4100]), (0, 0, &b"abcd"[..]));
        assert_eq!(disk.list("a")?, ["b"]);
        assert!(disk.create("a/b/file").is_err());
        fs::remove_dir_all(dir)
    }

    #[test]
    fn blocks_written_around_the_cache_are_read_through_it() -> io::Result<()> {
        let dir = scratch("direct");
        let file = RealDisk::at(&dir)?.create("file")?;
        file.allocate(16384)?;
        let memory = vec![7; 4 * BLOCK_BYTES];
        let start = memory.as_ptr().align_offset(BLOCK_BYTES);
        let mut back = vec![0; 16384];
        file.read_exact_at(&mut back, 0)?;
        file.write_blocks_at(&memory[start..start + 2 * BLOCK_BYTES], 4096)?;
        file.write_blocks_at(&memory[start + 1..start + 11], 12289)?;
        file.sync_data()?;
        file.read_exact_at(&mut back, 0)?;
        let sevens: Vec<usize> = (0..back.len()).filter(|at| back[*at] == 7).collect();
        assert_eq!(sevens, (4096..12288).chain(12289..12299).collect::<Vec<_>>());
        let mut around = AlignedBytes::new();
        around.resize(16384, 1);
        file.write_all_at(b"dirty", 0)?;
        file.read_blocks_at(&mut around, 0)?;
        file.read_exact_at(&mut back, 0)?;
        assert!(around[..] == back[..], "what the page cache holds is not read back around it");
        fs::remove_dir_all(dir)
    }

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_dropped() -> io::Result<()> {
        let dir = scratch("lock");
        let disk = RealDisk::at(&dir)?;
        let held = disk.lock()?;
        assert_eq!(disk.lock().map(|_| ()).map_err(|e| e.kind()), Err(io::ErrorKind::WouldBlock));
        drop(held);
        disk.lock()?;
        fs::remove_dir_all(dir)
    }
}
