//! Where each piece lies: the tables of all packs.

use std::collections::HashMap;

use bytes::Bytes;
use world::thread::spawn_blocking;

use crate::codec::{Fields, Name, hex, parse_hex};
use crate::fault::Fault;
use crate::pack::{self, Entry, Table};
use crate::shelf::{INDEX, PACKS, Shelf};

const MARKER: &[u8; 8] = b"SRINDX\0\x01";

#[derive(Default)]
pub(crate) struct Index {
    tables: Vec<Table>,
    spots: HashMap<Name, Spot>,
    /// Where else pieces lie: two packs hold them when one was away while a backup was taken.
    others: HashMap<Name, Vec<Spot>>,
}

/// Table and entry.
type Spot = (u32, u32);

impl Index {
    /// Of the packs that are there and whole in length. Those that a run left without an index are read.
    pub async fn load(shelf: &dyn Shelf) -> Result<Self, Fault> {
        let named = |(name, bytes): (String, u64)| Some((parse_hex(&name[PACKS.len()..])?, bytes));
        let mut packs: HashMap<Name, u64> = shelf.list(PACKS).await?.into_iter().filter_map(named).collect();
        let mut index = Self::default();
        for (file, _) in shelf.list(INDEX).await? {
            let Some(bytes) = shelf.get(&file).await? else { continue };
            // What an index that is damaged says its packs say as well.
            for table in decode(&file, bytes).unwrap_or_else(|fault| lacking(&fault)) {
                if packs.get(&table.pack) == Some(&table.file_bytes()) {
                    packs.remove(&table.pack);
                    index.add(table);
                }
            }
        }
        for pack in packs.into_keys() {
            if let Some(file) = shelf.get(&file(&pack)).await? {
                match spawn_blocking(move || pack::read(pack, file)).await.map_err(Fault::gone)? {
                    Ok(table) => index.add(table),
                    // A backup sends its pieces again; a restore misses them.
                    Err(fault) => tracing::warn!(pack = hex(&pack), %fault, "a pack is passed over"),
                }
            }
        }
        Ok(index)
    }

    pub fn add(&mut self, table: Table) {
        let at = self.tables.len() as u32;
        for (place, entry) in (0..).zip(&table.entries) {
            if let Some(other) = self.spots.insert(entry.name, (at, place)) {
                self.others.entry(entry.name).or_default().push(other);
            }
        }
        self.tables.push(table);
    }

    /// All places of a piece.
    pub fn find(&self, piece: &Name) -> impl Iterator<Item = (&Table, &Entry)> {
        let others = self.others.get(piece).into_iter().flatten();
        self.spots.get(piece).into_iter().chain(others).filter_map(|(table, entry)| {
            let table = self.tables.get(*table as usize)?;
            Some((table, table.entries.get(*entry as usize)?))
        })
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

pub(crate) fn file(pack: &Name) -> String {
    format!("{PACKS}{}", hex(pack))
}

/// Writes an index of these tables; answers its name.
pub(crate) async fn write(shelf: &dyn Shelf, tables: &[Table]) -> Result<String, Fault> {
    let bytes = encode(tables);
    let name = format!("{INDEX}{}", hex(&digest::sha256(&bytes)));
    shelf.put(&name, bytes).await?;
    Ok(name)
}

fn encode(tables: &[Table]) -> Bytes {
    let mut out = MARKER.to_vec();
    for table in tables {
        out.extend_from_slice(&table.pack);
        out.extend_from_slice(&(table.entries.len() as u32).to_be_bytes());
        table.put_entries(&mut out);
    }
    let sum = digest::sha256(&out);
    out.extend_from_slice(&sum);
    out.into()
}

fn decode(place: &str, bytes: Bytes) -> Result<Vec<Table>, Fault> {
    let mut fields = Fields::proven(place, bytes, MARKER)?;
    let mut tables = Vec::new();
    while !fields.is_empty() {
        let (pack, count) = (fields.array()?, fields.u32()?);
        tables.push(Table { pack, entries: Table::take_entries(&mut fields, count)? });
    }
    Ok(tables)
}

fn lacking(fault: &Fault) -> Vec<Table> {
    tracing::warn!(%fault, "an index is passed over; its packs are read instead");
    Vec::new()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::*;

    fn specimen() -> Vec<Table> {
        let entry = |number: u8, offset| Entry { name: [number; 32], sum: [9; 32], offset, length: 5 };
        vec![
            Table { pack: [7; 32], entries: vec![entry(1, 8), entry(2, 13)] },
            Table { pack: [8; 32], entries: vec![entry(3, 8)] },
        ]
    }

    #[test]
    fn format_1_is_frozen() {
        let bytes = encode(&specimen());
        assert_eq!(bytes, include_bytes!("../tests/index-format-1.bin")[..]);
        assert_eq!(decode("a", bytes).unwrap(), specimen());
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = [MARKER, &bytes[..]].concat();
            bytes.extend_from_slice(&digest::sha256(&bytes));
            let _ = decode("a", bytes.into());
        }
    }
}
