//! The server's side: a point in time that holds still for as long as somebody backs it up.
//!
//! A lease pins the bytes, not the catalog: rows are told in one go from a snapshot, and what they name is not freed
//! until the lease ends. Who stops renewing it loses it, so that a client that died holds nothing for long.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{ByteSource, ErrorCode, S3Error};
use async_trait::async_trait;
use bytes::Bytes;
use catalog::table::space;
use keepers::Doomed;
use semantics::{Hall, Pin};
use stripe::{Chunk, Manifest, Store};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use world::Random;
use world::thread::spawn_blocking;

use crate::body::{PIECE_BYTES, part_from_places};
use crate::codec::{Fields, put_bytes, put_varint};
use crate::fault::Fault;
use crate::source::{END, FAULT, PIECE, POINT, ROW};

/// How long bytes wait for a client that says nothing.
pub const LEASE: Duration = Duration::from_secs(300);
const LEASES_MAX: usize = 16;
/// Rows are told in runs of about so many bytes, of which a few wait for a slow client.
const RUN_BYTES: usize = 256 * 1024;
const RUNS_AHEAD: usize = 8;

#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    hall: Hall,
    random: Arc<dyn Random>,
    leases: Mutex<BTreeMap<String, Lease>>,
}

struct Lease {
    pin: Pin,
    renewed: Instant,
}

#[derive(Debug, Error)]
pub enum Refused {
    #[error("there are {LEASES_MAX} leases already; end one, or wait until one that is not renewed ends")]
    TooMany,
    #[error("this lease has ended; begin again: what is on the shelf already is not sent twice")]
    Ended,
    #[error("the list of bytes is malformed")]
    Malformed,
}

impl Desk {
    pub fn new(hall: Hall, random: Arc<dyn Random>) -> Self {
        Self(Arc::new(Inner { hall, random, leases: Mutex::default() }))
    }

    /// Answers the lease's id.
    pub fn open(&self) -> Result<String, Refused> {
        let id = format!("{:032x}", self.0.random.u128());
        let mut leases = self.leases();
        if leases.len() >= LEASES_MAX {
            return Err(Refused::TooMany);
        }
        let pin = self.0.hall.pins().pin(self.0.hall.catalog().last_ordinal());
        leases.insert(id.clone(), Lease { pin, renewed: Instant::now() });
        let (desk, of) = (self.clone(), id.clone());
        tokio::spawn(async move {
            while let Some(renewed) = desk.renewed(&of) {
                if renewed.elapsed() >= LEASE {
                    desk.close(&of);
                    tracing::warn!(lease = of, "a backup's lease was not renewed and has ended");
                    return;
                }
                tokio::time::sleep_until(renewed + LEASE).await;
            }
        });
        Ok(id)
    }

    pub fn renew(&self, id: &str) -> Result<(), Refused> {
        self.pin(id).map(drop)
    }

    pub fn close(&self, id: &str) {
        self.leases().remove(id);
    }

    /// Every row of one point in time, which is not before the lease.
    pub fn rows(&self, id: &str) -> Result<Box<dyn ByteSource>, Refused> {
        let (pin, hall) = (self.pin(id)?, self.0.hall.clone());
        let (sender, runs) = mpsc::channel(RUNS_AHEAD);
        spawn_blocking(move || {
            if let Err(fault) = tell_rows(&hall, &sender) {
                tracing::error!(%fault, "the rows of a backup could not be read");
                let _ = sender.blocking_send(Err(ErrorCode::InternalError.into()));
            }
        });
        Ok(Box::new(Rows { runs, _pin: pin }))
    }

    /// Bytes that rows of the lease's point name.
    pub fn bytes(&self, id: &str, wanted: Bytes) -> Result<Box<dyn ByteSource>, Refused> {
        let pin = self.pin(id)?;
        let wanted = parse(wanted).map_err(|_| Refused::Malformed)?;
        let store = self.0.hall.store().clone();
        Ok(Box::new(Bodies { store, wanted, next: None, ended: false, _pin: pin }))
    }

    fn pin(&self, id: &str) -> Result<Pin, Refused> {
        let mut leases = self.leases();
        let lease = leases.get_mut(id).ok_or(Refused::Ended)?;
        lease.renewed = Instant::now();
        Ok(lease.pin.clone())
    }

    fn renewed(&self, id: &str) -> Option<Instant> {
        self.leases().get(id).map(|lease| lease.renewed)
    }

    fn leases(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Lease>> {
        self.0.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Rows {
    runs: mpsc::Receiver<Result<Bytes, S3Error>>,
    _pin: Pin,
}

#[async_trait]
impl ByteSource for Rows {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        self.runs.recv().await.transpose()
    }
}

/// Blocks for the disk, and for who listens.
fn tell_rows(hall: &Hall, sender: &mpsc::Sender<Result<Bytes, S3Error>>) -> Result<(), Fault> {
    let view = hall.catalog().snapshot()?;
    let doomed = Doomed::at(&view)?;
    let mut sum = digest::Sha256::new();
    let mut run = vec![POINT];
    run.extend_from_slice(&view.ordinal().as_u64().to_be_bytes());
    let mut cursor = view.cursor(&[0], &[0xff])?;
    while let Some((key, row)) = cursor.next()? {
        if of_this_server(&key) || doomed.has(&key) {
            continue;
        }
        let (row, places) = part_from_places(&key, row)?;
        run.push(ROW);
        for field in [&key[..], &row, places.as_deref().unwrap_or_default()] {
            put_bytes(&mut run, field);
        }
        if run.len() >= RUN_BYTES {
            sum.update(&run);
            if sender.blocking_send(Ok(std::mem::take(&mut run).into())).is_err() {
                return Ok(());
            }
        }
    }
    run.push(END);
    sum.update(&run);
    run.extend_from_slice(&sum.finish());
    // Who went away is not told.
    let _ = sender.blocking_send(Ok(run.into()));
    Ok(())
}

/// Work under way, what was chosen for these devices, and what lies on them of the rows.
fn of_this_server(key: &[u8]) -> bool {
    matches!(key.first(), Some(&space::RECLAIM | &space::JOBS | &space::SETTINGS | &space::ARCHIVE))
}

/// Read one piece ahead of who pulls.
struct Bodies {
    store: Store,
    wanted: VecDeque<(Manifest, Range<u64>)>,
    next: Option<JoinHandle<Result<Told, JoinError>>>,
    ended: bool,
    _pin: Pin,
}

/// A record, and whether the rest of the same body may follow.
type Told = (Bytes, bool);

impl Bodies {
    /// Begins to read the next piece; false when there is none.
    fn begin(&mut self) -> bool {
        // A body whose last piece was begun holds an empty range until that piece was told.
        while self.wanted.front().is_some_and(|(_, range)| range.is_empty()) {
            self.wanted.pop_front();
        }
        let Some((places, range)) = self.wanted.front_mut() else { return false };
        let end = range.end.min((range.start / PIECE_BYTES + 1) * PIECE_BYTES);
        let chunks = places
            .slice(range.start..end)
            .map(|(chunk, within)| (chunk.clone(), within.start as usize..within.end as usize))
            .collect();
        let expected = end - range.start;
        range.start = end;
        self.next = Some(tokio::spawn(tell_piece(self.store.clone(), chunks, expected)));
        true
    }
}

/// An error when a task of ours died.
async fn tell_piece(
    store: Store,
    chunks: Vec<(Chunk, Range<usize>)>,
    expected: u64,
) -> Result<Told, JoinError> {
    let pieces = match read(&store, chunks, expected).await {
        Ok(pieces) => pieces,
        Err(why) => {
            tracing::error!(why, "a body cannot be backed up");
            let mut told = vec![FAULT];
            put_bytes(&mut told, why.as_bytes());
            return Ok((told.into(), false));
        }
    };
    let told = spawn_blocking(move || {
        let length: usize = pieces.iter().map(Bytes::len).sum();
        let (mut told, mut sum) = (Vec::with_capacity(length + 48), digest::Sha256::new());
        told.push(PIECE);
        put_varint(&mut told, length as u64);
        for piece in &pieces {
            sum.update(piece);
            told.extend_from_slice(piece);
        }
        told.extend_from_slice(&sum.finish());
        Bytes::from(told)
    });
    Ok((told.await?, true))
}

async fn read(
    store: &Store,
    chunks: Vec<(Chunk, Range<usize>)>,
    expected: u64,
) -> Result<Vec<Bytes>, String> {
    if chunks.iter().map(|(_, within)| within.len() as u64).sum::<u64>() != expected {
        return Err("its row says another length than its places".to_owned());
    }
    let mut pieces = Vec::new();
    for (chunk, within) in chunks {
        pieces.extend(store.read(&chunk, within).await.map_err(|fault| fault.to_string())?);
    }
    Ok(pieces)
}

#[async_trait]
impl ByteSource for Bodies {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        if self.next.is_none() && !self.begin() {
            let end = (!self.ended).then_some(Bytes::from_static(&[END]));
            self.ended = true;
            return Ok(end);
        }
        let Some(reading) = &mut self.next else { return Ok(None) };
        // Who does not get a piece gets none behind it either: it would be taken for this one.
        let read = reading.await.and_then(|read| read);
        let (told, goes_on) = read.map_err(|_| S3Error::from(ErrorCode::InternalError))?;
        self.next = None;
        if !goes_on {
            self.wanted.pop_front();
        }
        self.begin();
        Ok(Some(told))
    }
}

/// Places that do not decode are told as a fault where their bytes would stand: the others go on.
fn parse(wanted: Bytes) -> Result<VecDeque<(Manifest, Range<u64>)>, Fault> {
    let mut fields = Fields::new("the list of bytes", wanted);
    let mut bodies = VecDeque::new();
    while !fields.is_empty() {
        let places = Manifest::decode(&fields.bytes()?).unwrap_or_default();
        let range = fields.varint()?..fields.varint()?;
        if range.is_empty() {
            return Err(Fault::damaged("a range", "it is empty"));
        }
        bodies.push_back((places, range));
    }
    Ok(bodies)
}
