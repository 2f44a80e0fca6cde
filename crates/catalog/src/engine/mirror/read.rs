//! One point in time of the index, pinned on several members: where one's is damaged the next one's answers.
//!
//! The members' pins were taken at one moment, and may differ by rows of a checkpoint that was under way just then.
//! Those rows are in memtables that the reader has too and that win over the index: so any pin is as good as another.

use std::sync::Arc;

use bytes::Bytes;

use super::lanes::Held;
use super::members::Members;
use crate::Fault;
use crate::engine::index::{IndexCursor, IndexRead, IndexRow};

pub(super) struct MirrorRead {
    members: Arc<Members>,
    pins: Vec<Held<Box<dyn IndexRead>>>,
}

impl MirrorRead {
    pub fn new(members: Arc<Members>, pins: Vec<Held<Box<dyn IndexRead>>>) -> Self {
        Self { members, pins }
    }
}

impl IndexRead for MirrorRead {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        self.members.first(&self.pins, |_, pin| pin.get(key))
    }

    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor<'a> + 'a>, Fault> {
        let cursors = self.pins.iter().map(|_| None).collect();
        Ok(Box::new(MirrorCursor { read: self, cursors, stand: Stand::At(start.to_vec()) }))
    }

    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.members.first(&self.pins, |_, pin| pin.last_key_before(start, end))
    }
}

struct MirrorCursor<'a> {
    read: &'a MirrorRead,
    /// One a pin, where it was asked already; only the one that gave the last row stands where we are.
    cursors: Vec<Option<Box<dyn IndexCursor<'a> + 'a>>>,
    stand: Stand<'a>,
}

/// Where the walk is.
enum Stand<'a> {
    /// Before the first row that is not before this key; no cursor is there yet.
    At(Vec<u8>),
    /// Behind the row with this key, which this pin's cursor gave.
    Behind(&'a [u8], usize),
    End,
}

impl<'a> IndexCursor<'a> for MirrorCursor<'a> {
    fn next(&mut self) -> Result<Option<IndexRow<'a>>, Fault> {
        let Self { read, cursors, stand } = self;
        if matches!(stand, Stand::End) {
            return Ok(None);
        }
        let (row, place) = read.members.first(&read.pins, |place, pin| {
            let cursor = &mut cursors[place];
            let row = match stand {
                Stand::Behind(_, given) if *given == place => match cursor {
                    Some(cursor) => cursor.next()?,
                    None => None,
                },
                Stand::Behind(last, _) => match from(&**pin, cursor, last)? {
                    Some((key, _)) if key == *last => {
                        cursor.as_mut().map_or(Ok(None), |cursor| cursor.next())?
                    }
                    row => row,
                },
                Stand::At(key) => from(&**pin, cursor, key)?,
                Stand::End => None,
            };
            Ok((row, place))
        })?;
        *stand = row.map_or(Stand::End, |(key, _)| Stand::Behind(key, place));
        Ok(row)
    }

    fn seek(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.stand = Stand::At(key.to_vec());
        Ok(())
    }
}

/// Moves a pin's cursor, which is made at the first time, and gives the first row that is not before the key.
fn from<'a>(
    pin: &'a dyn IndexRead,
    cursor: &mut Option<Box<dyn IndexCursor<'a> + 'a>>,
    key: &[u8],
) -> Result<Option<IndexRow<'a>>, Fault> {
    match cursor {
        Some(cursor) => {
            cursor.seek(key)?;
            cursor.next()
        }
        none => none.insert(pin.cursor(key)?).next(),
    }
}
