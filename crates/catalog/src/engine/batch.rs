//! Deciding one batch: each plan against the truth, which includes the writes of the plans before it.
//!
//! Nothing here is durable or visible yet. Plans that the batch's fate cannot change are settled at once.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use model::Ordinal;

use super::journal::frame::{FrameWriter, Row};
use super::memtable::Value;
use super::snapshot::Snapshot;
use crate::port::{KEY_BYTES_MAX, PLAN_BYTES_MAX, VALUE_BYTES_MAX};
use crate::{Fault, Plan, Purpose, View, Write};

/// What a batch has come to so far.
pub(crate) struct Batch<'f> {
    frame: &'f mut FrameWriter,
    view: BatchView,
    pub rows: Vec<Row>,
    /// Plans to settle when the batch is durable, or has failed.
    pub waiting: Vec<(Box<dyn Plan>, Ordinal)>,
    /// Refuse what grows.
    scarce: bool,
}

impl<'f> Batch<'f> {
    pub fn new(base: Snapshot, frame: &'f mut FrameWriter, scarce: bool) -> Self {
        frame.begin();
        let view = BatchView { base, pending: BTreeMap::new(), touched: Cell::new(false) };
        Self { frame, view, rows: Vec::new(), waiting: Vec::new(), scarce }
    }

    pub fn bytes(&self) -> usize {
        self.frame.payload_bytes()
    }

    /// Asks one plan and takes its writes in.
    pub fn admit(&mut self, mut plan: Box<dyn Plan>, ordinal: Ordinal) {
        self.view.touched.set(false);
        let decided = catch_unwind(AssertUnwindSafe(|| plan.decide(&self.view, ordinal)))
            .unwrap_or_else(|panic| Err(Fault::Panicked(panic_text(&*panic).into())));
        let admissible = decided.and_then(|writes| {
            self.check(&writes, plan.purpose())?;
            Ok(writes)
        });
        match admissible {
            Ok(writes) if writes.is_empty() => self.without_writes(plan, ordinal),
            Ok(writes) => {
                self.take(writes, ordinal);
                self.waiting.push((plan, ordinal));
            }
            Err(fault) => settle(plan, Err(fault)),
        }
    }

    /// A refusal that rests on writes of this batch is true only if the batch becomes durable.
    fn without_writes(&mut self, plan: Box<dyn Plan>, ordinal: Ordinal) {
        if self.view.touched.get() {
            self.waiting.push((plan, ordinal));
        } else {
            settle(plan, Ok(ordinal));
        }
    }

    fn check(&self, writes: &[Write], purpose: Purpose) -> Result<(), Fault> {
        let mut sum = 0;
        for write in writes {
            let value = if let Write::Put { value, .. } = write { value.len() } else { 0 };
            within("a key", write.key().len(), KEY_BYTES_MAX)?;
            within("a value", value, VALUE_BYTES_MAX)?;
            if write.key().is_empty() {
                return Err(Fault::Index("a key is empty".into()));
            }
            sum += write.key().len() + value;
        }
        within("a plan", sum, PLAN_BYTES_MAX)?;
        let grows = purpose == Purpose::Grow && writes.iter().any(|write| matches!(write, Write::Put { .. }));
        if self.scarce && grows { Err(Fault::NoSpace) } else { Ok(()) }
    }

    fn take(&mut self, writes: Vec<Write>, ordinal: Ordinal) {
        self.frame.plan(ordinal, writes.len() as u32);
        for write in writes {
            let (key, value) = match write {
                Write::Put { key, value } => (Bytes::from(key), Some(value)),
                Write::Delete { key } => (Bytes::from(key), None),
            };
            self.frame.write(&key, value.as_deref());
            self.view.pending.insert(key.clone(), value.clone());
            self.rows.push(Row { ordinal, key, value });
        }
    }
}

fn within(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), Fault> {
    if bytes > bytes_max { Err(Fault::TooLarge { what, bytes, bytes_max }) } else { Ok(()) }
}

/// A plan's own panic while it is told must not end the committer either.
pub(crate) fn settle(plan: Box<dyn Plan>, outcome: Result<Ordinal, Fault>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| plan.settle(outcome))) {
        tracing::error!(panic = panic_text(&*panic), "a plan panicked while it was settled");
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// The truth for the next plan: the batch's writes over everything that is visible.
struct BatchView {
    base: Snapshot,
    pending: BTreeMap<Bytes, Value>,
    /// Set when an answer came from `pending`.
    touched: Cell<bool>,
}

impl View for BatchView {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        match self.pending.get(key) {
            Some(value) => {
                self.touched.set(true);
                Ok(value.clone())
            }
            None => self.base.get(key),
        }
    }

    fn first_at_or_after(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        let mut base = self.base.cursor(start, end)?;
        let mut below = base.next()?;
        if start >= end {
            return Ok(None);
        }
        for (key, value) in self.pending.range::<[u8], _>((Bound::Included(start), Bound::Excluded(end))) {
            if below.as_ref().is_some_and(|(other, _)| other[..] < key[..]) {
                break;
            }
            self.touched.set(true);
            if below.as_ref().is_some_and(|(other, _)| other[..] == key[..]) {
                below = base.next()?;
            }
            if let Some(value) = value {
                return Ok(Some((key.to_vec(), value.clone())));
            }
        }
        Ok(below)
    }

    fn last_before(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        if start >= end {
            return Ok(None);
        }
        let mut below = self.base.last_before(start, end)?;
        let pending = self.pending.range::<[u8], _>((Bound::Included(start), Bound::Excluded(end)));
        for (key, value) in pending.rev() {
            if below.as_ref().is_some_and(|(other, _)| other[..] > key[..]) {
                break;
            }
            self.touched.set(true);
            if below.as_ref().is_some_and(|(other, _)| other[..] == key[..]) {
                below = self.base.last_before(start, key)?;
            }
            if let Some(value) = value {
                return Ok(Some((key.to_vec(), value.clone())));
            }
        }
        Ok(below)
    }
}
