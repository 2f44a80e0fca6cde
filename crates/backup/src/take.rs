//! Takes a backup: the rows of one point in time, then the bytes that they name and the shelf lacks, then the file that
//! makes it a backup.
//!
//! Rows are cut into pieces where the hash of a row's key says so: a change moves no other cut, and pieces that did not
//! change are on the shelf already. What a run that died has put there is found by the next.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use catalog::table::space;
use model::Ordinal;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;
use world::Clock;

use crate::body::{PIECE_BYTES, body_of, shown};
use crate::codec::{Name, Pull, put_bytes, put_varint};
use crate::fault::Fault;
use crate::index::Index;
use crate::lacking::Lacking;
use crate::packer::Packer;
use crate::record::{Backup, id_at};
use crate::shelf::{self, Shelf};
use crate::source::{END, FAULT, PIECE, POINT, ROW, Source};
use crate::spool::{Body, Spool, Stream, Waiting};

/// Pieces of rows are about so long, however long the rows are.
const ROWS_BYTES: u64 = 128 * 1024;
const ROWS_BYTES_MAX: usize = 4 << 20;
/// What is asked for at once.
const ASK_BODIES: usize = 256;
const ASK_BYTES: u64 = 32 << 20;
const ASK_LIST_BYTES: usize = 1 << 20;
/// How often what was asked for is tried, and how long after the first failure.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// At less a piece takes so long that the server, which waits for a minute, cuts off who reads it.
pub const RATE_MIN: u64 = 128 * 1024;

pub struct Options {
    /// Requests for bytes at the same time.
    pub jobs: usize,
    /// Bytes a second from the server; not below `RATE_MIN` for each of `jobs`.
    pub rate: Option<u64>,
    /// A directory for temporary files, which take as much room as all rows.
    pub spool: PathBuf,
}

/// How far it is, for who watches.
#[derive(Debug, Default)]
pub struct Progress {
    pub rows: AtomicU64,
    /// Bytes of bodies: all, and those that are on the shelf.
    pub bytes: AtomicU64,
    pub bytes_done: AtomicU64,
}

pub struct Taken {
    pub backup: Backup,
    /// Bodies that the server could not read.
    pub unreadable: Lacking,
}

/// What the parts of one run share.
struct Run {
    source: Arc<dyn Source>,
    lease: String,
    packer: Mutex<Packer>,
    progress: Arc<Progress>,
    pace: Pace,
    unreadable: StdMutex<Lacking>,
}

pub async fn take(
    source: Arc<dyn Source>,
    shelf: Arc<dyn Shelf>,
    options: &Options,
    progress: Arc<Progress>,
    clock: &dyn Clock,
) -> Result<Taken, Fault> {
    shelf.lock().await?;
    let taken = alone(source, &shelf, options, progress, clock).await;
    let unlocked = shelf.unlock().await;
    let taken = taken?;
    unlocked.map(|()| taken)
}

async fn alone(
    source: Arc<dyn Source>,
    shelf: &Arc<dyn Shelf>,
    options: &Options,
    progress: Arc<Progress>,
    clock: &dyn Clock,
) -> Result<Taken, Fault> {
    shelf::open(&**shelf, true).await?;
    let index = Index::load(&**shelf).await?;
    let begun = clock.now();
    if let Some(latest) = shelf::ids(&**shelf).await?.pop().filter(|latest| *latest >= id_at(begun)) {
        // It would count as older, and be pruned first.
        let told = format!("the clock of this machine stands before the backup {latest}; set it right first");
        return Err(Fault::Refused(told));
    }
    let (lease, lasts) = source.open().await?;
    let renewing = tokio::spawn(renew(source.clone(), lease.clone(), lasts));
    let run = Arc::new(Run {
        source: source.clone(),
        lease: lease.clone(),
        packer: Mutex::new(Packer::new(shelf.clone(), index)),
        progress,
        pace: Pace::new(options.rate),
        unreadable: StdMutex::default(),
    });
    let fetched = run.clone().rows_then_bytes(options).await;
    renewing.abort();
    // It would end by itself.
    let _ = source.close(&lease).await;
    let backup = fetched?;
    let run = Arc::into_inner(run).ok_or_else(|| Fault::Refused("a task goes on".to_owned()))?;
    let (packs, fresh_bytes) = run.packer.into_inner().finish().await?;
    let unreadable = run.unreadable.into_inner().unwrap_or_else(PoisonError::into_inner);
    let backup =
        Backup { begun, ended: clock.now(), packs, fresh_bytes, unreadable: unreadable.count, ..backup };
    shelf.put(&shelf::file(&backup), backup.encode()).await?;
    Ok(Taken { backup, unreadable })
}

/// Until the lease must have ended.
async fn renew(source: Arc<dyn Source>, lease: String, lasts: Duration) {
    let mut renewed = Instant::now();
    while renewed.elapsed() < lasts {
        tokio::time::sleep(lasts / 5).await;
        let begun = Instant::now();
        match source.renew(&lease).await {
            Ok(()) => renewed = begun,
            Err(fault) => tracing::warn!(%fault, "the lease could not be renewed"),
        }
    }
}

impl Run {
    async fn rows_then_bytes(self: Arc<Self>, options: &Options) -> Result<Backup, Fault> {
        let mut spool = Spool::new(&options.spool)?;
        let rows = self.fetch_rows(&options.spool).await?;
        let backup = self.take_rows(rows, &mut spool).await?;
        let waiting = Arc::new(Mutex::new(spool.rewind()?));
        let mut fetching = JoinSet::new();
        for _ in 0..options.jobs.max(1) {
            fetching.spawn(self.clone().fetch(waiting.clone()));
        }
        while let Some(fetched) = fetching.join_next().await {
            fetched.map_err(Fault::gone)??;
        }
        Ok(backup)
    }

    /// All rows, before any of them goes to the shelf: that may be slow, and until the last row is told the server's catalog
    /// holds its snapshot.
    async fn fetch_rows(&self, dir: &Path) -> Result<Stream, Fault> {
        let mut source = self.source.rows(&self.lease).await?;
        let mut rows = Stream::new(dir)?;
        while let Some(bytes) = source.next().await? {
            self.pace.pass(bytes.len() as u64).await;
            rows.push(&bytes)?;
        }
        rows.rewind()
    }

    async fn take_rows(&self, rows: Stream, spool: &mut Spool) -> Result<Backup, Fault> {
        let mut pull = Pull::summed(Box::new(rows));
        if pull.u8().await? != POINT {
            return Err(unexpected());
        }
        let ordinal: [u8; 8] = pull.take(8).await?[..].try_into().map_err(|_| unexpected())?;
        let mut backup = empty(Ordinal::from_u64(u64::from_be_bytes(ordinal)));
        let mut run = Vec::new();
        loop {
            match pull.u8().await? {
                ROW => {}
                END => break,
                _ => return Err(unexpected()),
            }
            let (key, row, places) = (pull.bytes().await?, pull.bytes().await?, pull.bytes().await?);
            backup.rows += 1;
            self.progress.rows.fetch_add(1, Ordering::Relaxed);
            if key == space::seal_check() {
                backup.seal_check = row.clone();
            }
            if !places.is_empty() {
                self.expect_body(&mut backup, &key, &row, places, spool).await?;
            }
            let before = run.len();
            put_bytes(&mut run, &key);
            put_bytes(&mut run, &row);
            if ends_piece(&key, (run.len() - before) as u64) || run.len() >= ROWS_BYTES_MAX {
                backup.row_pieces.push(self.keep_rows(&mut run).await?);
            }
        }
        pull.prove().await?;
        if !run.is_empty() {
            backup.row_pieces.push(self.keep_rows(&mut run).await?);
        }
        Ok(backup)
    }

    async fn keep_rows(&self, run: &mut Vec<u8>) -> Result<Name, Fault> {
        let piece = Bytes::from(std::mem::take(run));
        let name = digest::sha256(&piece);
        self.packer.lock().await.add(name, name, piece).await?;
        Ok(name)
    }

    /// Counts a body; what the shelf lacks of it is spooled.
    async fn expect_body(
        &self,
        backup: &mut Backup,
        key: &Bytes,
        row: &Bytes,
        places: Bytes,
        spool: &mut Spool,
    ) -> Result<(), Fault> {
        let Some(id) = body_of(key, row)? else { return Err(unexpected()) };
        backup.bodies += 1;
        backup.bytes += id.length;
        self.progress.bytes.fetch_add(id.length, Ordering::Relaxed);
        let mut lacking = None;
        let mut packer = self.packer.lock().await;
        for number in 0..id.pieces() {
            // Each is asked for, so that its pack counts as needed.
            if !packer.has(&id.piece(number)) {
                lacking.get_or_insert(number);
            }
        }
        let there = lacking.map_or(id.length, |number| number * PIECE_BYTES);
        self.progress.bytes_done.fetch_add(there, Ordering::Relaxed);
        match lacking {
            Some(from_piece) => spool.push(&Body { id, key: key.clone(), places, from_piece }),
            None => Ok(()),
        }
    }

    async fn fetch(self: Arc<Self>, waiting: Arc<Mutex<Waiting>>) -> Result<(), Fault> {
        loop {
            let mut asked = ask(&mut *waiting.lock().await)?;
            if asked.is_empty() {
                return Ok(());
            }
            let (mut tries, mut left) = (0, pieces(&asked));
            while let Err(fault) = self.fetch_these(&mut asked).await {
                // Who is slow is cut off often, and gets on all the same.
                tries = if pieces(&asked) < left { 1 } else { tries + 1 };
                left = pieces(&asked);
                if tries == TRIES {
                    return Err(fault);
                }
                tracing::warn!(%fault, "bytes could not be fetched and are asked for again");
                tokio::time::sleep(PAUSE * tries * tries).await;
            }
        }
    }

    /// Where it fails, `asked` holds what is left.
    async fn fetch_these(&self, asked: &mut Vec<Body>) -> Result<(), Fault> {
        let mut wanted = Vec::new();
        for body in &*asked {
            put_bytes(&mut wanted, &body.places);
            put_varint(&mut wanted, body.id.span(body.from_piece).start);
            put_varint(&mut wanted, body.id.length);
        }
        let mut pull = Pull::new(self.source.bytes(&self.lease, wanted.into()).await?);
        while let Some(body) = asked.first_mut() {
            match pull.u8().await? {
                PIECE => {
                    let bytes = pull.bytes().await?;
                    let sum: Name = pull.take(32).await?[..].try_into().map_err(|_| unexpected())?;
                    let span = body.id.span(body.from_piece);
                    if digest::sha256(&bytes) != sum || bytes.len() as u64 != span.end - span.start {
                        return Err(Fault::damaged("the server's answer", "a piece is not what was sent"));
                    }
                    self.pace.pass(bytes.len() as u64).await;
                    self.packer.lock().await.add(body.id.piece(body.from_piece), sum, bytes).await?;
                    self.progress.bytes_done.fetch_add(span.end - span.start, Ordering::Relaxed);
                    body.from_piece += 1;
                    if body.from_piece == body.id.pieces() {
                        asked.remove(0);
                    }
                }
                FAULT => {
                    let why = pull.bytes().await?;
                    let what = format!("{}: {}", shown(&body.key), String::from_utf8_lossy(&why));
                    self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).note(what);
                    asked.remove(0);
                }
                _ => return Err(unexpected()),
            }
        }
        if pull.u8().await? == END { Ok(()) } else { Err(unexpected()) }
    }
}

/// How many are still to come.
fn pieces(asked: &[Body]) -> u64 {
    asked.iter().map(|body| body.id.pieces() - body.from_piece).sum()
}

/// As much as one request takes.
fn ask(waiting: &mut Waiting) -> Result<Vec<Body>, Fault> {
    let (mut asked, mut bytes, mut list_bytes) = (Vec::new(), 0, 0);
    while asked.len() < ASK_BODIES
        && bytes < ASK_BYTES
        && list_bytes < ASK_LIST_BYTES
        && let Some(body) = waiting.next()?
    {
        bytes += body.id.length;
        list_bytes += body.places.len() + 32;
        asked.push(body);
    }
    Ok(asked)
}

/// Whether a piece ends after this row: by its key alone, as often as its length asks for.
fn ends_piece(key: &[u8], row_bytes: u64) -> bool {
    let hash = digest::sha256(key);
    let drawn = u64::from(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]));
    drawn < (row_bytes << 32) / ROWS_BYTES
}

fn empty(ordinal: Ordinal) -> Backup {
    Backup {
        ordinal,
        begun: ordinal.timestamp(),
        ended: ordinal.timestamp(),
        rows: 0,
        bodies: 0,
        bytes: 0,
        fresh_bytes: 0,
        unreadable: 0,
        seal_check: Bytes::new(),
        packs: Vec::new(),
        row_pieces: Vec::new(),
    }
}

fn unexpected() -> Fault {
    Fault::damaged("the server's answer", "it holds what does not belong there")
}

/// Holds what passes to a rate. What was allowed and not used is lost.
struct Pace {
    rate: Option<u64>,
    /// When all that passed so far was allowed.
    due: StdMutex<Instant>,
}

impl Pace {
    fn new(rate: Option<u64>) -> Self {
        Self { rate, due: StdMutex::new(Instant::now()) }
    }

    async fn pass(&self, bytes: u64) {
        let Some(rate) = self.rate else { return };
        let takes = Duration::from_secs_f64(bytes as f64 / rate.max(RATE_MIN) as f64);
        let due = {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            *due = Instant::now().max(*due) + takes;
            *due
        };
        tokio::time::sleep_until(due).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_rows_are_about_as_long_whatever_the_rows_are() {
        for row_bytes in [100_u64, 1_000, 20_000] {
            let rows = 64 * 128 * 1024 / row_bytes;
            let ends = (0..rows).filter(|row| ends_piece(&row.to_be_bytes(), row_bytes)).count();
            assert!((32..128).contains(&ends), "{ends} pieces of rows of {row_bytes}");
        }
    }

    /// Renews so many times.
    struct Renewing(AtomicU64);

    #[async_trait::async_trait]
    impl Source for Renewing {
        async fn open(&self) -> Result<(String, Duration), Fault> {
            Err(unexpected())
        }

        async fn renew(&self, _: &str) -> Result<(), Fault> {
            let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            left.map(drop).map_err(|_| unexpected())
        }

        async fn close(&self, _: &str) -> Result<(), Fault> {
            Err(unexpected())
        }

        async fn rows(&self, _: &str) -> Result<Box<dyn api::ByteSource>, Fault> {
            Err(unexpected())
        }

        async fn bytes(&self, _: &str, _: Bytes) -> Result<Box<dyn api::ByteSource>, Fault> {
            Err(unexpected())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_renewed_within_what_the_server_gives_it_and_not_after_it_ended() {
        let (source, begun) = (Arc::new(Renewing(AtomicU64::new(5))), Instant::now());
        renew(source.clone(), "a lease".to_owned(), Duration::from_secs(10)).await;
        assert_eq!(source.0.load(Ordering::Relaxed), 0);
        assert_eq!(begun.elapsed(), Duration::from_secs(20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_holds_after_a_pause_as_well() {
        let pace = Pace::new(Some(RATE_MIN));
        tokio::time::sleep(Duration::from_secs(100)).await;
        let begun = Instant::now();
        for _ in 0..4 {
            pace.pass(RATE_MIN / 2).await;
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
    }
}
