//! The candidates behind one face: what the catalog asks of its index.

mod fjall3;
mod lmdb;
mod redb4;
mod tree;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use crate::rows::Row;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

pub trait Engine {
    /// Sorted rows, made durable as a whole.
    fn apply(&self, rows: &[Row]) -> Outcome<()>;
    /// In a read transaction of its own, as a request does.
    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>>;
    /// Copies a page of rows from `start`; how many there were.
    fn page(&self, start: &[u8], rows: usize) -> Outcome<usize>;
    /// One seek for each start within one snapshot; how many found a row.
    fn seeks(&self, starts: &[Vec<u8>]) -> Outcome<usize>;
    /// Waits until nothing has happened in the background for a while: that while, which was no work.
    fn settle(&self) -> Duration;
}

pub const NAMES: [&str; 6] = ["tree", "tree-512", "lmdb", "redb", "fjall", "fjall-ingest"];

pub fn open(name: &str, path: &Path) -> Outcome<Box<dyn Engine>> {
    std::fs::create_dir_all(path)?;
    Ok(match name {
        "tree" => Box::new(tree::Tree::open(path, 64 << 20)?),
        "tree-512" => Box::new(tree::Tree::open(path, 512 << 20)?),
        "lmdb" => Box::new(lmdb::Lmdb::open(path)?),
        "redb" => Box::new(redb4::Redb::open(path)?),
        "fjall" => Box::new(fjall3::Fjall::open(path, fjall3::Way::Batch)?),
        "fjall-ingest" => Box::new(fjall3::Fjall::open(path, fjall3::Way::Ingest)?),
        _ => return Err(format!("no engine is called {name}").into()),
    })
}
