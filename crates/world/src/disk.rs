//! The disk port: what volumes and the journal ask of a file system, and no more.
//!
//! Paths are relative to the device's root and use `/`. Calls block; rooms above give them threads.

use std::io;
use std::sync::Arc;

/// What every device's own block divides.
pub const BLOCK_BYTES: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub total_bytes: u64,
    pub available_bytes: u64,
}

pub trait Disk: Send + Sync + 'static {
    /// With its parents. Durable after `sync_dir` of each parent.
    fn create_dir(&self, path: &str) -> io::Result<()>;
    /// An existing file, for reading and writing.
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// A new file; `AlreadyExists` if there is one. Its name is durable after `sync_dir`.
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;
    fn exists(&self, path: &str) -> io::Result<bool>;
    /// Atomic, replaces `to`. Durable after `sync_dir`.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Durable after `sync_dir`.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// The names in a directory, sorted.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
    fn space(&self) -> io::Result<Space>;
}

pub trait DiskFile: Send + Sync + 'static {
    fn len(&self) -> io::Result<u64>;
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// `UnexpectedEof` if the file ends before `buf` is full.
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()>;
    /// As `read_exact_at`, for what is read once: it goes around the page cache under the same conditions as
    /// `write_blocks_at`, so that the bytes are those on the device and nothing else loses its place in memory.
    fn read_blocks_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buf, offset)
    }
    /// Fills `buf` without blocking and answers true, or answers false (its content is then undefined) when the
    /// bytes are not in memory.
    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool>;
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()>;
    /// As `write_all_at`, for what nobody reads soon: it goes around the page cache where the file system lets it and
    /// `buf`'s address and length and the offset are multiples of `BLOCK_BYTES`. Wants a sync all the same.
    fn write_blocks_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(buf, offset)
    }
    /// Makes what was written into allocated space durable, so that it is found again (`fdatasync`).
    fn sync_data(&self) -> io::Result<()>;
    /// As `sync_data`, and the file's length and allocation too (`fsync`).
    fn sync_all(&self) -> io::Result<()>;
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Reserves blocks up to `len` and extends the file to it: a full disk shows here, not at a later write.
    fn allocate(&self, len: u64) -> io::Result<()>;
    /// Frees the blocks of a range; it reads as zeros afterwards. The length stays. `Unsupported` when the file system
    /// can't do that: nothing has changed then.
    fn punch(&self, offset: u64, len: u64) -> io::Result<()>;
}
