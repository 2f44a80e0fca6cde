//! Reads pieces back, each proven, from whichever pack has it whole.
//!
//! Small pieces follow one another in packs as their rows do. So where reading goes on in a pack it reads ahead, further each
//! time; of a pack that was read elsewhere no more than the piece is fetched.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Mutex;

use crate::codec::{Fields, Name, hex};
use crate::fault::Fault;
use crate::index::{self, Index};
use crate::pack::{Entry, Table};
use crate::shelf::Shelf;

/// What is read at once at most; longer pieces are read alone.
const AHEAD_BYTES: u64 = 2 << 20;
/// A restore of a shelf with this many living packs beside one another still reads ahead in each.
const WINDOWS_MAX: usize = 64;

pub(crate) struct Reading {
    shelf: Arc<dyn Shelf>,
    index: Index,
    /// By pack; the last used is the last.
    windows: StdMutex<VecDeque<(Name, Arc<Mutex<Window>>)>>,
}

/// What was last read of a pack.
#[derive(Default)]
struct Window {
    start: u64,
    bytes: Bytes,
}

impl Reading {
    pub fn new(shelf: Arc<dyn Shelf>, index: Index) -> Self {
        Self { shelf, index, windows: StdMutex::default() }
    }

    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// `Damaged` when it is nowhere what was put there, `Missing` when a pack that has it is gone.
    pub async fn piece(&self, name: &Name) -> Result<Bytes, Fault> {
        let mut fault = Fault::damaged(format!("piece {}", hex(name)), "no pack holds it");
        for (table, entry) in self.index.find(name) {
            let place = index::file(&table.pack);
            match self.read(&place, table, entry).await? {
                Some(piece) if digest::sha256(&piece) == entry.sum => return Ok(piece),
                Some(_) if matches!(fault, Fault::Missing(_)) => {}
                Some(_) => fault = Fault::damaged(place, "a piece in it is not what was written"),
                None => fault = Fault::Missing(place),
            }
        }
        Err(fault)
    }

    async fn read(&self, place: &str, table: &Table, entry: &Entry) -> Result<Option<Bytes>, Fault> {
        let start = u64::from(entry.offset);
        let span = start..start + u64::from(entry.length);
        if u64::from(entry.length) >= AHEAD_BYTES {
            return self.shelf.get_range(place, span).await;
        }
        let window = self.window(table.pack);
        // Who wants what follows waits here, and finds it read.
        let mut window = window.lock().await;
        if !window.holds(&span) {
            let end = (start + window.ahead(&span)).min(table.file_bytes());
            let Some(bytes) = self.shelf.get_range(place, start..end).await? else { return Ok(None) };
            *window = Window { start, bytes };
        }
        Ok(Some(window.slice(&span)))
    }

    fn window(&self, pack: Name) -> Arc<Mutex<Window>> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let at = windows.iter().position(|(kept, _)| *kept == pack);
        let (_, window) = at.and_then(|at| windows.remove(at)).unwrap_or_default();
        if windows.len() == WINDOWS_MAX {
            windows.pop_front();
        }
        windows.push_back((pack, window.clone()));
        window
    }
}

impl Window {
    const fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    const fn holds(&self, span: &Range<u64>) -> bool {
        self.start <= span.start && span.end <= self.end()
    }

    /// How much to read: twice as much as before where this goes on there.
    fn ahead(&self, span: &Range<u64>) -> u64 {
        let goes_on = self.start <= span.start && span.start <= self.end() + AHEAD_BYTES;
        let ahead = if goes_on { 2 * self.bytes.len() as u64 } else { 0 };
        ahead.clamp(span.end - span.start, AHEAD_BYTES)
    }

    /// Less where the file ended.
    fn slice(&self, span: &Range<u64>) -> Bytes {
        let within = |at: u64| (at - self.start).min(self.bytes.len() as u64) as usize;
        self.bytes.slice(within(span.start)..within(span.end))
    }
}

/// The rows of a piece.
pub(crate) fn rows_in(piece: Bytes) -> Result<Vec<(Bytes, Bytes)>, Fault> {
    let mut fields = Fields::new("a piece of rows", piece);
    let mut rows = Vec::new();
    while !fields.is_empty() {
        rows.push((fields.bytes()?, fields.bytes()?));
    }
    Ok(rows)
}
