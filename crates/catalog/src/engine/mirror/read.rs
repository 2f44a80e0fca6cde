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

    fn cursor<'a>(&'a self, start: &[u8]) -> Result<Box<dyn IndexCursor + 'a>, Fault> {
        let cursor = self.members.first(&self.pins, |_, pin| pin.cursor(start))?;
        let (key, value) = Default::default();
        Ok(Box::new(MirrorCursor { read: self, cursor, stood: start.to_vec(), key, value }))
    }

    fn last_key_before(&self, start: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.members.first(&self.pins, |_, pin| pin.last_key_before(start, end))
    }
}

struct MirrorCursor<'a> {
    read: &'a MirrorRead,
    /// Of the pin that answered last.
    cursor: Box<dyn IndexCursor + 'a>,
    /// Where the walk is: another pin's cursor goes on from here.
    stood: Vec<u8>,
    /// The row that is lent: which pin it comes from is settled only when it has been read.
    key: Vec<u8>,
    value: Vec<u8>,
}

impl<'a> MirrorCursor<'a> {
    /// Asks the cursor in use, and where it fails one of each pin after the other, at the same place; told of the place,
    /// and of where a row goes.
    fn ask<T>(
        &mut self,
        mut act: impl FnMut(&mut (dyn IndexCursor + 'a), &[u8], [&mut Vec<u8>; 2]) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Self { read, cursor, stood, key, value } = self;
        if let Ok(answer) = act(&mut **cursor, stood, [key, value]) {
            return Ok(answer);
        }
        let MirrorRead { members, pins } = read;
        let (answer, next) = members.first(pins, |_, pin| {
            let mut next = pin.cursor(stood)?;
            Ok((act(&mut *next, stood, [key, value])?, next))
        })?;
        *cursor = next;
        Ok(answer)
    }

    fn note_place(&mut self) {
        if let Some(key) = self.cursor.key() {
            self.stood.clear();
            self.stood.extend_from_slice(key);
        }
    }
}

impl IndexCursor for MirrorCursor<'_> {
    fn key(&self) -> Option<&[u8]> {
        self.cursor.key()
    }

    fn row(&mut self) -> Result<Option<IndexRow<'_>>, Fault> {
        self.note_place();
        let there = self.ask(|cursor, _, into| {
            let Some((key, value)) = cursor.row()? else { return Ok(false) };
            for (into, bytes) in into.into_iter().zip([key, value]) {
                into.clear();
                into.extend_from_slice(bytes);
            }
            Ok(true)
        })?;
        Ok(there.then_some((&self.key[..], &self.value[..])))
    }

    fn advance(&mut self) -> Result<(), Fault> {
        self.note_place();
        // A pin that lacks the row stands behind it already.
        self.ask(|cursor, stood, _| if cursor.key() == Some(stood) { cursor.advance() } else { Ok(()) })
    }

    fn seek(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.stood.clear();
        self.stood.extend_from_slice(key);
        self.ask(|cursor, _, _| cursor.seek(key))
    }
}
