//! fjall, fed in two ways: by batches through its own journal, or by bulk ingestion of sorted tables.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};

use super::{Engine, Outcome};
use crate::rows::Row;

#[derive(Clone, Copy)]
pub enum Way {
    Batch,
    Ingest,
}

pub struct Fjall {
    database: Database,
    rows: Keyspace,
    way: Way,
}

impl Fjall {
    pub fn open(path: &Path, way: Way) -> Outcome<Self> {
        let database = Database::builder(path).cache_size(512 << 20).open()?;
        let rows = database.keyspace("rows", KeyspaceCreateOptions::default)?;
        Ok(Self { database, rows, way })
    }
}

impl Engine for Fjall {
    fn apply(&self, rows: &[Row]) -> Outcome<()> {
        match self.way {
            Way::Batch => {
                let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
                for (key, value) in rows {
                    batch.insert(&self.rows, &key[..], &value[..]);
                }
                Ok(batch.commit()?)
            }
            Way::Ingest => {
                let mut ingestion = self.rows.start_ingestion()?;
                for (key, value) in rows {
                    ingestion.write(&key[..], &value[..])?;
                }
                Ok(ingestion.finish()?)
            }
        }
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        Ok(self.database.snapshot().get(&self.rows, key)?.map(|value| value.to_vec()))
    }

    fn page(&self, start: &[u8], rows: usize) -> Outcome<usize> {
        let mut page = Vec::with_capacity(rows);
        for row in self.database.snapshot().range(&self.rows, start..).take(rows) {
            let (key, value) = row.into_inner()?;
            page.push((key.to_vec(), value.to_vec()));
        }
        Ok(page.len())
    }

    fn seeks(&self, starts: &[Vec<u8>]) -> Outcome<usize> {
        let snapshot = self.database.snapshot();
        let mut found = Vec::with_capacity(starts.len());
        for start in starts {
            let row = snapshot.range(&self.rows, &start[..]..).next();
            found.extend(row.map(|row| row.key()).transpose()?.map(|key| key.to_vec()));
        }
        Ok(found.len())
    }

    fn settle(&self) -> Duration {
        let mut idle_since = Instant::now();
        while idle_since.elapsed() < Duration::from_millis(500) {
            sleep(Duration::from_millis(10));
            if self.database.outstanding_flushes() + self.database.active_compactions() > 0 {
                idle_since = Instant::now();
            }
        }
        idle_since.elapsed()
    }
}
