//! Every acknowledged commit is there with its value; one without an answer is there wholly or not at all.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::scenario::Stop;

/// A key and its new value; `None` deletes it.
pub type Change = (Vec<u8>, Option<Bytes>);
type Table = BTreeMap<Vec<u8>, Bytes>;

#[derive(Clone, Debug, Default)]
pub struct Rows {
    acknowledged: Table,
    /// The changes of the one batch whose outcome nobody learned.
    doubtful: Vec<Change>,
}

impl Rows {
    pub fn get(&self, key: &[u8]) -> Option<&Bytes> {
        self.acknowledged.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &Bytes)> {
        self.acknowledged.iter()
    }

    pub fn acknowledge(&mut self, changes: impl IntoIterator<Item = Change>) {
        apply(&mut self.acknowledged, changes);
    }

    /// A commit that got no answer. All such commits since the last check were of one batch.
    pub fn doubt(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.doubtful.extend(changes);
    }

    /// Holds what the program shows now against what it may show. What it shows is then acknowledged: a client has
    /// seen it.
    pub fn check(&mut self, found: Table) -> Result<(), Stop> {
        let without = &self.acknowledged;
        let mut with = without.clone();
        apply(&mut with, self.doubtful.drain(..));
        if found != *without && found != with {
            let doubted = if with == *without { "" } else { ", or the batch without an answer beside it" };
            return Stop::violation(format!("rows differ: {}{doubted}", difference(without, &found)));
        }
        self.acknowledged = found;
        Ok(())
    }
}

fn apply(table: &mut Table, changes: impl IntoIterator<Item = Change>) {
    for (key, value) in changes {
        match value {
            Some(value) => table.insert(key, value),
            None => table.remove(&key),
        };
    }
}

fn difference(expected: &Table, found: &Table) -> String {
    let lost = expected.iter().filter(|(key, value)| found.get(*key) != Some(value));
    let lost = lost.map(|(key, value)| {
        let now = found.get(key).map_or("nothing".to_owned(), |now| sketch(now));
        format!("{} should be {}, is {now}", String::from_utf8_lossy(key), sketch(value))
    });
    let new = found.keys().filter(|key| !expected.contains_key(*key));
    let new = new.map(|key| format!("{} should not be there", String::from_utf8_lossy(key)));
    lost.chain(new).collect::<Vec<_>>().join("; ")
}

fn sketch(value: &[u8]) -> String {
    let start = &value[..value.len().min(8)];
    format!("{} bytes {start:02x?}", value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, value: &'static str) -> Change {
        (key.into(), Some(Bytes::from_static(value.as_bytes())))
    }

    fn table(rows: &[(&str, &'static str)]) -> Table {
        rows.iter()
            .map(|(key, value)| (key.as_bytes().to_vec(), Bytes::from_static(value.as_bytes())))
            .collect()
    }

    fn rows() -> Rows {
        let mut rows = Rows::default();
        rows.acknowledge([change("a", "1")]);
        rows.doubt([change("a", "2"), change("b", "2")]);
        rows
    }

    #[test]
    fn a_batch_in_doubt_is_there_wholly_or_not_at_all() {
        assert_eq!(rows().check(table(&[("a", "1")])), Ok(()));
        assert_eq!(rows().check(table(&[("a", "2"), ("b", "2")])), Ok(()));
        assert!(rows().check(table(&[("a", "2")])).is_err());
        assert!(rows().check(table(&[])).is_err());
    }

    #[test]
    fn what_was_once_seen_must_stay() {
        let mut rows = rows();
        assert_eq!(rows.check(table(&[("a", "2"), ("b", "2")])), Ok(()));
        assert!(rows.check(table(&[("a", "1")])).is_err());
    }
}
