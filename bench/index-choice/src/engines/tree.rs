//! The house's own tree, as the server opens it and with a cache that holds everything.

use std::path::Path;
use std::time::Duration;

use catalog::{Index, TreeIndex, TreeOptions};
use world::RealDisk;

use super::{Engine, Outcome};
use crate::rows::Row;

pub struct Tree(TreeIndex);

impl Tree {
    pub fn open(path: &Path, cache_bytes: usize) -> Outcome<Self> {
        let options = TreeOptions { cache_bytes, ..TreeOptions::default() };
        Ok(Self(TreeIndex::open(&RealDisk::at(path)?, options)?))
    }
}

impl Engine for Tree {
    fn apply(&self, rows: &[Row]) -> Outcome<()> {
        let mut rows = rows.iter().map(|(key, value)| (key.as_slice(), Some(value.as_slice())));
        Ok(self.0.apply(&mut rows, None)?)
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        Ok(self.0.read()?.get(key)?.map(Vec::from))
    }

    fn page(&self, start: &[u8], rows: usize) -> Outcome<usize> {
        let read = self.0.read()?;
        let mut cursor = read.cursor(start)?;
        let mut page = Vec::with_capacity(rows);
        while page.len() < rows
            && let Some((key, value)) = cursor.row()?
        {
            page.push((key.to_vec(), value.to_vec()));
            cursor.advance()?;
        }
        Ok(page.len())
    }

    fn seeks(&self, starts: &[Vec<u8>]) -> Outcome<usize> {
        let read = self.0.read()?;
        let mut cursor = read.cursor(&[])?;
        let mut found = Vec::with_capacity(starts.len());
        for start in starts {
            cursor.seek(start)?;
            found.extend(cursor.key().map(<[u8]>::to_vec));
        }
        Ok(found.len())
    }

    fn settle(&self) -> Duration {
        Duration::ZERO
    }
}
