//! redb with its default durability, `Immediate`.

use std::path::Path;
use std::time::Duration;

use redb::{Database, ReadableDatabase, TableDefinition};

use super::{Engine, Outcome};
use crate::rows::Row;

const ROWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");

pub struct Redb(Database);

impl Redb {
    pub fn open(path: &Path) -> Outcome<Self> {
        let database = Database::builder().set_cache_size(512 << 20).create(path.join("rows.redb"))?;
        let txn = database.begin_write()?;
        txn.open_table(ROWS)?;
        txn.commit()?;
        Ok(Self(database))
    }
}

impl Engine for Redb {
    fn apply(&self, rows: &[Row]) -> Outcome<()> {
        let txn = self.0.begin_write()?;
        {
            let mut table = txn.open_table(ROWS)?;
            for (key, value) in rows {
                table.insert(&key[..], &value[..])?;
            }
        }
        Ok(txn.commit()?)
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        let table = self.0.begin_read()?.open_table(ROWS)?;
        Ok(table.get(key)?.map(|value| value.value().to_vec()))
    }

    fn page(&self, start: &[u8], rows: usize) -> Outcome<usize> {
        let table = self.0.begin_read()?.open_table(ROWS)?;
        let mut page = Vec::with_capacity(rows);
        for row in table.range(start..)?.take(rows) {
            let (key, value) = row?;
            page.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(page.len())
    }

    fn seeks(&self, starts: &[Vec<u8>]) -> Outcome<usize> {
        let table = self.0.begin_read()?.open_table(ROWS)?;
        let mut found = Vec::with_capacity(starts.len());
        for start in starts {
            let row = table.range(&start[..]..)?.next().transpose()?;
            found.extend(row.map(|(key, _)| key.value().to_vec()));
        }
        Ok(found.len())
    }

    fn settle(&self) -> Duration {
        Duration::ZERO
    }
}
