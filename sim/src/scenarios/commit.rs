//! Commits by script: plans whose writes are known before, told to the invariants as their clients learn of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use catalog::{Engine, Fault, Options, Plan, Purpose, TreeIndex, TreeOptions, View, Write};
use model::Ordinal;
use world::ManualClock;

use crate::SimDisk;
use crate::invariants::{Change, Ordinals, Rows};
use crate::scenario::{Stop, alive};

/// After every key that the scenarios use.
const KEYS_END: &[u8] = &[0xff];

/// Sizes at which a few commits fill a memtable and two batches a segment.
pub fn small(salt: u64) -> Options {
    Options {
        memtable_bytes_max: 12 << 10,
        frozen_max: 1,
        batch_plans_max: 3,
        batch_bytes_max: 24 << 10,
        segment_bytes_first: 12 << 10,
        segment_bytes_max: 32 << 10,
        spares_min: 1,
        spares_max: 2,
        apply_rows_max: 3,
        apply_bytes_max: 8 << 10,
        free_bytes_min: 64 << 10,
        salt,
        ..Options::default()
    }
}

/// A tree that grows by a few pages and forgets most of what it has read.
pub const SMALL_TREE: TreeOptions =
    TreeOptions { cache_bytes: 256 << 10, growth_bytes: 16 << 10, reserve_bytes_max: 64 << 10 };

/// Opens the engine over an index on the same disk.
pub fn open(disk: &SimDisk, clock: &Arc<ManualClock>, salt: u64) -> Result<Engine, Stop> {
    let index = Box::new(alive(disk, "opening the index", TreeIndex::open(disk, SMALL_TREE))?);
    alive(disk, "opening the catalog", Engine::open(disk.port(), index, clock.clone(), small(salt)))
}

/// All rows that a reader sees, twice: by a walk and one by one.
pub fn dump(disk: &SimDisk, engine: &Engine) -> Result<BTreeMap<Vec<u8>, Bytes>, Stop> {
    let snapshot = alive(disk, "snapshot", engine.snapshot())?;
    let mut cursor = alive(disk, "cursor", snapshot.cursor(&[0], KEYS_END))?;
    let mut rows = BTreeMap::new();
    while let Some((key, value)) = alive(disk, "walking", cursor.next())? {
        let single = alive(disk, "get", engine.get(&key))?;
        if single.as_ref() != Some(&value) {
            return Stop::violation(format!("a walk and a get differ at {}", String::from_utf8_lossy(&key)));
        }
        rows.insert(key, value);
    }
    Ok(rows)
}

/// One plan: what it writes, and a key that it reads to see whether the plans before it are visible.
pub struct Script {
    pub changes: Vec<Change>,
    pub read: Vec<u8>,
    pub purpose: Purpose,
}

impl Script {
    /// Whether it must go through on a full disk too.
    fn frees(&self) -> bool {
        self.purpose == Purpose::Free || self.changes.iter().all(|(_, value)| value.is_none())
    }
}

/// Commits the scripts in one call and tells the invariants what became of each.
pub fn commit(
    disk: &SimDisk,
    engine: &mut Engine,
    rows: &mut Rows,
    ordinals: &mut Ordinals,
    scripts: Vec<Script>,
) -> Result<(), Stop> {
    let mut truth = rows.clone();
    let mut plans: Vec<Box<dyn Plan>> = Vec::new();
    let mut asked = Vec::new();
    for script in scripts {
        let expected = truth.get(&script.read).cloned();
        truth.acknowledge(script.changes.clone());
        let told = Arc::default();
        asked.push((script.changes.clone(), script.frees(), Arc::clone(&told)));
        plans.push(Box::new(Scripted { script, expected, wrong: None, told }));
    }
    engine.commit_batch(plans);
    let mut refused = false;
    for (changes, frees, told) in asked {
        let Some(told) = told.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Stop::violation("a plan was never settled");
        };
        match told.outcome {
            // What follows a refused plan does not see it.
            Ok(_) if told.wrong.is_some() && !refused => {
                return Stop::violation(told.wrong.unwrap_or_default());
            }
            Ok(ordinal) => {
                ordinals.see(ordinal)?;
                rows.acknowledge(changes);
            }
            Err(Fault::Unknown(_)) if disk.has_faulted() => {
                refused = true;
                rows.doubt(changes);
            }
            Err(_) if disk.has_faulted() => refused = true,
            Err(Fault::NoSpace) if disk.is_tight() && !frees => refused = true,
            Err(fault) => return Stop::violation(format!("a commit failed: {fault}")),
        }
    }
    if disk.has_faulted() { Err(Stop::Faulted) } else { Ok(()) }
}

struct Scripted {
    script: Script,
    expected: Option<Bytes>,
    wrong: Option<String>,
    told: Arc<Mutex<Option<Told>>>,
}

struct Told {
    outcome: Result<Ordinal, Fault>,
    wrong: Option<String>,
}

impl Plan for Scripted {
    fn decide(&mut self, view: &dyn View, _: Ordinal) -> Result<Vec<Write>, Fault> {
        let Script { read, changes, .. } = &self.script;
        let found = view.get(read)?;
        self.wrong = (found != self.expected).then(|| {
            let key = String::from_utf8_lossy(read);
            format!("a plan sees {found:?} at {key} instead of {:?}", self.expected)
        });
        Ok(changes.iter().cloned().map(write).collect())
    }

    fn purpose(&self) -> Purpose {
        self.script.purpose
    }

    fn settle(self: Box<Self>, outcome: Result<Ordinal, Fault>) {
        let told = Told { outcome, wrong: self.wrong };
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }
}

fn write((key, value): Change) -> Write {
    match value {
        Some(value) => Write::put(key, value),
        None => Write::delete(key),
    }
}
