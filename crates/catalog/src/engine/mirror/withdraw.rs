//! Rows that one member's index has and others lack, because all died while they were applied, and that no replay of
//! the journal brings: they are taken away again.

use std::ops::Range;
use std::sync::Arc;

use super::lanes::Lane;
use super::members::{Members, Place};
use crate::Fault;
use crate::engine::index::Index;

/// Before anything is read from the members.
pub(crate) fn withdraw(members: &Members, keys: Range<Vec<u8>>) -> Result<(), Fault> {
    let holders = members.living().iter().map(Place::held_index).collect();
    members.ask(holders, Lane::Index, move |index| delete(index, &keys)).map(drop)
}

fn delete(index: &Arc<dyn Index>, keys: &Range<Vec<u8>>) -> Result<(), Fault> {
    let read = index.read()?;
    let mut cursor = read.cursor(&keys.start)?;
    let mut doomed = Vec::new();
    while let Some(key) = cursor.key().filter(|key| **key < *keys.end) {
        doomed.push(key.to_vec());
        cursor.advance()?;
    }
    drop(cursor);
    if doomed.is_empty() {
        return Ok(());
    }
    index.apply(&mut doomed.iter().map(|key| (&key[..], None)), None)
}
