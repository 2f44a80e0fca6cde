//! LMDB through heed, in its default safe sync mode.

use std::ops::Bound;
use std::path::Path;
use std::time::Duration;

use heed::types::Bytes;
use heed::{Database, Env, EnvOpenOptions, WithoutTls};

use super::{Engine, Outcome};
use crate::rows::Row;

pub struct Lmdb {
    env: Env<WithoutTls>,
    rows: Database<Bytes, Bytes>,
}

impl Lmdb {
    pub fn open(path: &Path) -> Outcome<Self> {
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        options.map_size(1 << 40).max_dbs(2).max_readers(1024);
        // SAFETY: one process at a time opens the directory.
        let env = unsafe { options.open(path)? };
        let mut txn = env.write_txn()?;
        let rows = env.create_database(&mut txn, Some("rows"))?;
        txn.commit()?;
        Ok(Self { env, rows })
    }
}

impl Engine for Lmdb {
    fn apply(&self, rows: &[Row]) -> Outcome<()> {
        let mut txn = self.env.write_txn()?;
        for (key, value) in rows {
            self.rows.put(&mut txn, key, value)?;
        }
        Ok(txn.commit()?)
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        let txn = self.env.read_txn()?;
        Ok(self.rows.get(&txn, key)?.map(<[u8]>::to_vec))
    }

    fn page(&self, start: &[u8], rows: usize) -> Outcome<usize> {
        let txn = self.env.read_txn()?;
        let range = self.rows.range(&txn, &(Bound::Included(start), Bound::Unbounded))?;
        let mut page = Vec::with_capacity(rows);
        for row in range.take(rows) {
            let (key, value) = row?;
            page.push((key.to_vec(), value.to_vec()));
        }
        Ok(page.len())
    }

    fn seeks(&self, starts: &[Vec<u8>]) -> Outcome<usize> {
        let txn = self.env.read_txn()?;
        let mut found = Vec::with_capacity(starts.len());
        for start in starts {
            let mut range = self.rows.range(&txn, &(Bound::Included(&start[..]), Bound::Unbounded))?;
            found.extend(range.next().transpose()?.map(|(key, _)| key.to_vec()));
        }
        Ok(found.len())
    }

    fn settle(&self) -> Duration {
        Duration::ZERO
    }
}
