//! A walk over the rows of one snapshot in byte order: memtables and index merged.
//!
//! Of several sources that know a key the newest wins, and a tombstone hides the older ones. There are one to
//! five sources, so a linear minimum beats a heap; an empty memtable is no source at all.

use bytes::Bytes;
use model::Ordinal;

use super::index::{IndexCursor, IndexRead, IndexRow};
use super::memtable::Walk;
use super::tables::List;
use crate::Fault;

pub struct Cursor<'a> {
    /// Newest first.
    walks: Vec<Walk<'a>>,
    index: Box<dyn IndexCursor + 'a>,
    end: Vec<u8>,
    /// The row last given: it is stepped over when the next one is asked for, so that it can be lent meanwhile.
    given: Given,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Nothing,
    /// From the walk of this place.
    Walk(usize),
    Index,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(
        list: &'a List,
        at: Ordinal,
        index: &'a dyn IndexRead,
        start: &[u8],
        end: &[u8],
    ) -> Result<Self, Fault> {
        let walks = list.newest_first().filter(|table| !table.is_empty());
        let walks = walks.map(|table| table.walk(start, at)).collect();
        Ok(Self { walks, index: index.cursor(start)?, end: end.to_vec(), given: Given::Nothing })
    }

    /// The next row, in memory of its own.
    #[expect(clippy::should_implement_trait, reason = "it can fail between any two rows")]
    pub fn next(&mut self) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        self.step()?;
        Ok(match self.given {
            Given::Nothing => None,
            Given::Index => {
                self.index.row()?.map(|(key, value)| (key.to_vec(), Bytes::copy_from_slice(value)))
            }
            Given::Walk(place) => {
                let row = self.walks[place].row();
                row.and_then(|(key, value)| Some((key.to_vec(), value.clone()?)))
            }
        })
    }

    /// The next row, lent until the cursor moves: nothing is copied.
    pub fn next_ref(&mut self) -> Result<Option<IndexRow<'_>>, Fault> {
        self.step()?;
        Ok(match self.given {
            Given::Nothing => None,
            Given::Index => self.index.row()?,
            Given::Walk(place) => {
                let row = self.walks[place].row();
                row.and_then(|(key, value)| Some((&key[..], value.as_deref()?)))
            }
        })
    }

    /// The next row given is the first that is not before `key`; it may go forward or back.
    pub fn seek(&mut self, key: &[u8]) -> Result<(), Fault> {
        // Every source stands on its first row that is not before the given one. So a source that stands behind the
        // key stays: as small memtables do most of the time.
        let given = match self.given {
            Given::Nothing => None,
            Given::Index => self.index.key(),
            Given::Walk(place) => self.walks[place].row().map(|(given, _)| &given[..]),
        };
        let forward = given.is_some_and(|given| given <= key);
        self.given = Given::Nothing;
        let stays = |next: Option<&[u8]>| forward && next.is_none_or(|next| key <= next);
        if !stays(self.index.key()) {
            self.index.seek(key)?;
        }
        for walk in &mut self.walks {
            if !stays(walk.row().map(|(next, _)| &next[..])) {
                walk.seek(key);
            }
        }
        Ok(())
    }

    /// Leaves `given` at the next living row.
    fn step(&mut self) -> Result<(), Fault> {
        self.pass_given()?;
        loop {
            self.given = self.least();
            if self.given == Given::Nothing || self.lives() {
                return Ok(());
            }
            self.pass_given()?;
        }
    }

    /// The source of the smallest key before the end; the newest source where several have it.
    fn least(&self) -> Given {
        let mut least: Option<(&[u8], Given)> = None;
        for (place, walk) in self.walks.iter().enumerate() {
            if let Some((key, _)) = walk.row()
                && least.is_none_or(|(smallest, _)| key[..] < *smallest)
            {
                least = Some((key, Given::Walk(place)));
            }
        }
        if let Some(key) = self.index.key()
            && least.is_none_or(|(smallest, _)| *key < *smallest)
        {
            least = Some((key, Given::Index));
        }
        match least {
            Some((key, source)) if *key < *self.end => source,
            _ => Given::Nothing,
        }
    }

    fn lives(&self) -> bool {
        match self.given {
            Given::Walk(place) => self.walks[place].row().is_some_and(|(_, value)| value.is_some()),
            Given::Index | Given::Nothing => true,
        }
    }

    /// Steps every source over the key that was given.
    fn pass_given(&mut self) -> Result<(), Fault> {
        match self.given {
            Given::Nothing => return Ok(()),
            Given::Index => self.index.advance()?,
            Given::Walk(place) => {
                // Newer sources than the one that won do not have this key: they would have won.
                let (winner, older) = self.walks[place..].split_first_mut().unzip();
                let Some((winner, older)) = winner.zip(older) else { return Ok(()) };
                if let Some((key, _)) = winner.row() {
                    for walk in older {
                        if walk.row().is_some_and(|(other, _)| other == key) {
                            walk.advance();
                        }
                    }
                    if self.index.key().is_some_and(|other| *other == key[..]) {
                        self.index.advance()?;
                    }
                }
                winner.advance();
            }
        }
        self.given = Given::Nothing;
        Ok(())
    }
}
