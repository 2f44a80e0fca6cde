//! A device in memory whose bytes tests reach, and plain words for what they do to an index on it.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use model::Ordinal;
use world::{Disk, DiskFile, Space};

use crate::Fault;
use crate::engine::index::tree::{TreeIndex, TreeOptions};
use crate::engine::index::{Applied, Index, IndexRead};

pub type Rows = BTreeMap<Vec<u8>, Bytes>;

#[derive(Clone, Default)]
pub struct Ram {
    files: Arc<Mutex<BTreeMap<String, Arc<RamFile>>>>,
    /// What all files may have together; 0 is no bound.
    pub capacity: Arc<Mutex<u64>>,
}

#[derive(Default)]
pub struct RamFile {
    pub bytes: Mutex<Vec<u8>>,
    /// As the last greater sync left it.
    pub durable_length: AtomicU64,
    /// The next greater sync fails.
    pub sync_fails: AtomicBool,
    capacity: Arc<Mutex<u64>>,
}

impl Ram {
    pub fn tree(&self) -> Arc<RamFile> {
        self.files.lock().unwrap()["index/tree"].clone()
    }

    /// Another device that holds the same.
    pub fn copy_with(&self, bytes: Vec<u8>) -> Self {
        let copy = Self::default();
        copy.create("index/tree").unwrap();
        *copy.tree().bytes.lock().unwrap() = bytes;
        copy
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.tree().bytes.lock().unwrap().clone()
    }

    pub fn index(&self) -> Result<TreeIndex, Fault> {
        self.index_with(TreeOptions::default().cache_bytes)
    }

    /// Grows in small steps.
    pub fn index_with(&self, cache_bytes: usize) -> Result<TreeIndex, Fault> {
        let options = TreeOptions { cache_bytes, growth_bytes: 64 << 10, reserve_bytes_max: 1 << 20 };
        TreeIndex::open(self, options)
    }
}

impl Disk for Ram {
    fn create_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let found = self.files.lock().unwrap().get(path).cloned();
        found.map(|file| file as Arc<dyn DiskFile>).ok_or(io::ErrorKind::NotFound.into())
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = Arc::new(RamFile { capacity: self.capacity.clone(), ..RamFile::default() });
        self.files.lock().unwrap().insert(path.to_owned(), file.clone());
        Ok(file)
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        Ok(self.files.lock().unwrap().contains_key(path))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files.lock().unwrap();
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.files.lock().unwrap().remove(path);
        Ok(())
    }
    fn list(&self, _: &str) -> io::Result<Vec<String>> {
        Ok(self.files.lock().unwrap().keys().cloned().collect())
    }
    fn sync_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn space(&self) -> io::Result<Space> {
        Ok(Space { total_bytes: u64::MAX, available_bytes: u64::MAX })
    }
}

impl DiskFile for RamFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = self.bytes.lock().unwrap();
        let found = bytes.get(offset as usize..).and_then(|rest| rest.get(..buf.len()));
        buf.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        self.read_exact_at(buf, offset).map(|()| true)
    }
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let mut bytes = self.bytes.lock().unwrap();
        let written = bytes.get_mut(offset as usize..).and_then(|rest| rest.get_mut(..buf.len()));
        written.expect("what is written was allocated before").copy_from_slice(buf);
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&self) -> io::Result<()> {
        if self.sync_fails.swap(false, Ordering::Relaxed) {
            return Err(io::Error::other("EIO"));
        }
        self.durable_length.store(self.len()?, Ordering::Relaxed);
        Ok(())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        let capacity = *self.capacity.lock().unwrap();
        if capacity > 0 && len > capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let longer = len.max(self.len()?);
        self.set_len(longer)
    }
    fn punch(&self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }
}

pub fn applied(sequence: u64) -> Applied {
    Applied { sequence, ordinal: Ordinal::from_u64(sequence * 10) }
}

/// Applies the batch to both; only the model's part never fails.
pub fn apply(
    index: &TreeIndex,
    model: &mut Rows,
    batch: &BTreeMap<Vec<u8>, Option<Bytes>>,
) -> Result<(), Fault> {
    let mut rows = batch.iter().map(|(key, value)| (key.as_slice(), value.as_deref()));
    index.apply(&mut rows, None)?;
    for (key, value) in batch {
        match value {
            Some(value) => drop(model.insert(key.clone(), value.clone())),
            None => drop(model.remove(key)),
        }
    }
    Ok(())
}

pub fn put_all(index: &TreeIndex, rows: &Rows) {
    index.apply(&mut rows.iter().map(|(key, value)| (key.as_slice(), Some(&value[..]))), None).unwrap();
}

pub fn delete_all<'a>(index: &TreeIndex, keys: impl Iterator<Item = &'a Vec<u8>>) -> Result<(), Fault> {
    index.apply(&mut keys.map(|key| (key.as_slice(), None)), None)
}

pub fn numbered(numbers: impl Iterator<Item = u32>, value_bytes: usize) -> Rows {
    numbers.map(|number| (key(number), Bytes::from(vec![number as u8; value_bytes]))).collect()
}

pub fn key(number: u32) -> Vec<u8> {
    format!("bucket/some/directory/{number:07}").into_bytes()
}

/// All rows by a walk.
pub fn scan(read: &dyn IndexRead) -> Result<Rows, Fault> {
    let mut cursor = read.cursor(b"")?;
    let mut rows = Rows::new();
    while let Some((key, value)) = cursor.row()? {
        assert!(rows.last_key_value().is_none_or(|(last, _)| last.as_slice() < key), "keys come in order");
        rows.insert(key.to_vec(), Bytes::copy_from_slice(value));
        cursor.advance()?;
    }
    Ok(rows)
}
