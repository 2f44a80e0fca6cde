//! Lays a backup into a site that is new and not served yet.
//!
//! Rows are committed in the order of their keys, each batch after the bytes that it names have landed, together with how
//! far this is: so a restore that died goes on there. A body whose bytes are damaged is never replaced by others: its row
//! is restored, names no place where bytes are, and every read of it fails.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use catalog::table::{JobRow, space};
use catalog::{Group, Snapshot, View as _, Write};
use keepers::named;
use semantics::Hall;
use stripe::{CHUNK_BYTES, Chunk, Manifest, Owner, Place, Redundancy, Store};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::body::{BodyId, body_of, placed, shown};
use crate::fault::Fault;
use crate::index::{self, Index};
use crate::lacking::Lacking;
use crate::reading::{Reading, rows_in};
use crate::record::Backup;
use crate::shelf::{self, PACKS, Shelf};
use crate::take::Progress;

/// Bodies that land at the same time.
const LANDING_MAX: usize = 16;
/// What one commit takes at most: rows, their bytes, and the bytes of bodies, which a crash makes land again.
const ROWS_MAX: usize = 1024;
const ROW_BYTES_MAX: usize = 1 << 20;
const BODY_BYTES_MAX: u64 = 256 << 20;
/// No row's key is so great.
const AFTER_ALL: &[u8] = &[0xff];

#[derive(Debug, Default)]
pub struct Restored {
    pub rows: u64,
    pub bodies: u64,
    pub bytes: u64,
    /// Bodies that could not be restored: counted in all runs together, named in this one.
    pub lost: Lacking,
}

struct Restoring<'a> {
    shelf: Arc<dyn Shelf>,
    backup: &'a Backup,
    without_missing: bool,
    hall: &'a Hall,
    reading: Arc<Reading>,
    landings: Arc<Semaphore>,
    job_key: Vec<u8>,
    job: JobRow,
    batch: Batch,
    lost: Lacking,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Batch {
    rows: Vec<(Bytes, Bytes, Option<Landing>)>,
    row_bytes: usize,
    body_bytes: u64,
    /// All rows of earlier batches, once it is asked.
    view: Option<Snapshot>,
}

/// A body on its way: its places, or why there are none.
type Landing = (BodyId, JoinHandle<Result<Result<Manifest, String>, Fault>>);

/// `without_missing`: what lies in packs that are not there is lost; else nothing is restored without them, since they may
/// only not be there yet.
pub async fn restore(
    shelf: Arc<dyn Shelf>,
    backup: &Backup,
    without_missing: bool,
    hall: &Hall,
    progress: Arc<Progress>,
) -> Result<Restored, Fault> {
    let now = hall.clock().now();
    if backup.ordinal.timestamp() > now {
        // New versions would be older than those that are restored.
        let told = "the clock of this machine stands before the backup was taken; set it right first";
        return Err(Fault::Refused(told.to_owned()));
    }
    let job_key = job_key(backup);
    let job = match hall.catalog().get(&job_key)? {
        Some(row) => JobRow::decode(row).map_err(|error| Fault::damaged("the restore's progress", error))?,
        None if holds_rows(hall)? => {
            let full = "the data directory holds a site already; name an empty one";
            return Err(Fault::Refused(full.to_owned()));
        }
        None => JobRow { begun: now, next: Vec::new(), counts: vec![0; 4] },
    };
    let reading = Arc::new(Reading::new(shelf.clone(), Index::load(&*shelf).await?));
    let there: HashSet<String> = shelf.list(PACKS).await?.into_iter().map(|(name, _)| name).collect();
    let missing = backup.packs.iter().map(index::file).find(|pack| !there.contains(pack));
    if let Some(pack) = missing.filter(|_| !without_missing) {
        return Err(Fault::Missing(pack));
    }
    progress.bytes.store(backup.bytes, Ordering::Relaxed);
    progress.bytes_done.store(job.counts.get(2).copied().unwrap_or_default(), Ordering::Relaxed);
    let mut restoring = Restoring {
        hall,
        reading,
        landings: Arc::new(Semaphore::new(LANDING_MAX)),
        job_key,
        job,
        batch: Batch::default(),
        lost: Lacking::default(),
        progress,
        shelf,
        backup,
        without_missing,
    };
    match restoring.all().await {
        Err(fault @ (Fault::Missing(_) | Fault::Damaged { .. })) => {
            restoring.check_kept().await.and(Err(fault))
        }
        restored => restored,
    }
}

/// Once nothing tells the directory from any other site's: how far the restore was is not needed any more.
pub async fn forget(backup: &Backup, hall: &Hall) -> Result<(), Fault> {
    commit(hall, vec![Write::delete(job_key(backup))]).await
}

fn job_key(backup: &Backup) -> Vec<u8> {
    space::job(&format!("restore/{}", backup.id()))
}

/// Besides what every site has from its start.
fn holds_rows(hall: &Hall) -> Result<bool, Fault> {
    let view = hall.catalog().snapshot()?;
    let jobs = view.first_at_or_after(&[space::JOBS], &[space::JOBS + 1])?;
    Ok(jobs.is_some() || view.first_at_or_after(&[space::BUCKETS], &[space::RECLAIM])?.is_some())
}

impl Restoring<'_> {
    async fn all(&mut self) -> Result<Restored, Fault> {
        let backup = self.backup;
        for name in &backup.row_pieces {
            let piece = self.reading.piece(name).await.map_err(|fault| match fault {
                Fault::Damaged { place, detail } => Fault::Damaged {
                    place,
                    detail: format!("{detail}; it holds rows: restore another backup"),
                },
                other => other,
            })?;
            for (key, row) in rows_in(piece)? {
                self.progress.rows.fetch_add(1, Ordering::Relaxed);
                if key[..] >= self.job.next[..] {
                    self.take(key, row).await?;
                }
            }
        }
        self.commit(None).await?;
        // What a run that died had landed and not named.
        keepers::sweep(self.hall).await?;
        let count = |at: usize| self.job.counts.get(at).copied().unwrap_or_default();
        let lost = Lacking { count: count(3), ..std::mem::take(&mut self.lost) };
        Ok(Restored { rows: count(0), bodies: count(1), bytes: count(2), lost })
    }

    async fn take(&mut self, key: Bytes, row: Bytes) -> Result<(), Fault> {
        let Batch { rows, row_bytes, body_bytes, .. } = &self.batch;
        let full = rows.len() >= ROWS_MAX || *row_bytes >= ROW_BYTES_MAX || *body_bytes >= BODY_BYTES_MAX;
        // Parts ask rows of earlier spaces how they are to be stored.
        let other_space = rows.last().is_some_and(|(last, ..)| last.first() != key.first());
        if full || other_space {
            self.commit(Some(&key)).await?;
        }
        self.batch.row_bytes += key.len() + row.len();
        let landing = match body_of(&key, &row)? {
            Some(body) => Some(self.begin(body, &key, row.clone()).await?),
            None => None,
        };
        self.batch.rows.push((key, row, landing));
        Ok(())
    }

    async fn begin(&mut self, body: BodyId, key: &Bytes, row: Bytes) -> Result<Landing, Fault> {
        let view = match self.batch.view.take() {
            Some(view) => view,
            None => self.hall.catalog().snapshot()?,
        };
        let named = named(self.batch.view.insert(view), key.to_vec(), row)?;
        let named = named.ok_or_else(|| Fault::damaged("a row", "it names no bytes"))?;
        let owner = Owner::new(named.owner.encode())?;
        self.batch.body_bytes += body.length;
        let permit = self.landings.clone().acquire_owned().await;
        let permit = permit.map_err(|_| Fault::Refused("the restore ends".to_owned()))?;
        let (store, reading, progress) =
            (self.hall.store().clone(), self.reading.clone(), self.progress.clone());
        let without_missing = self.without_missing;
        let landing = tokio::spawn(async move {
            let landed = land(&store, owner, named.redundancy, body, &reading, &progress).await;
            drop(permit);
            match landed {
                Err(fault @ Fault::Damaged { .. }) => Ok(Err(fault.to_string())),
                Err(fault @ Fault::Missing(_)) if without_missing => Ok(Err(fault.to_string())),
                landed => landed.map(Ok),
            }
        });
        Ok((body, landing))
    }

    /// `next`: the row after the batch; `None` when all is done.
    async fn commit(&mut self, next: Option<&Bytes>) -> Result<(), Fault> {
        let batch = std::mem::take(&mut self.batch);
        let mut writes = Vec::with_capacity(batch.rows.len() + 1);
        let mut counts = [batch.rows.len() as u64, 0, 0, 0];
        for (key, row, landing) in batch.rows {
            let row = match landing {
                None => row,
                Some((body, landing)) => {
                    counts[1] += 1;
                    counts[2] += body.length;
                    let places = match landing.await.map_err(Fault::gone)?? {
                        Ok(places) => places,
                        Err(why) => {
                            counts[3] += 1;
                            self.lost.note(format!("{}: {why}", shown(&key)));
                            nowhere(body.length)
                        }
                    };
                    placed(&key, row, &places)?
                }
            };
            writes.push(Write::put(key, row));
        }
        if counts[3] > 0 {
            self.check_kept().await?;
        }
        self.job.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        self.job.next = next.map_or(AFTER_ALL, |next| &next[..]).to_vec();
        writes.push(Write::put(self.job_key.clone(), self.job.encode()));
        commit(self.hall, writes).await
    }

    /// A prune takes a backup first and then what it needs: nothing is lost for ever of one that is not there any more.
    async fn check_kept(&self) -> Result<(), Fault> {
        match self.shelf.get_range(&shelf::file(self.backup), 0..1).await? {
            Some(_) => Ok(()),
            None => Err(Fault::Unknown(self.backup.id())),
        }
    }
}

async fn commit(hall: &Hall, writes: Vec<Write>) -> Result<(), Fault> {
    Ok(hall.catalog().write(Group::new(&b"restore"[..]), writes).await?)
}

async fn land(
    store: &Store,
    owner: Owner,
    redundancy: Redundancy,
    body: BodyId,
    reading: &Reading,
    progress: &Progress,
) -> Result<Manifest, Fault> {
    let mut landing = store.landing(owner, redundancy);
    for number in 0..body.pieces() {
        let piece = reading.piece(&body.piece(number)).await?;
        progress.bytes_done.fetch_add(piece.len() as u64, Ordering::Relaxed);
        landing.write(piece).await?;
    }
    let places = landing.finish().await?;
    if places.len_bytes() == body.length {
        return Ok(places);
    }
    store.discard(&places);
    Err(Fault::damaged("a body", "its pieces are of another length"))
}

/// Places of bytes that are lost: who reads them is told so.
fn nowhere(length: u64) -> Manifest {
    let step = CHUNK_BYTES as u64;
    (0..length.div_ceil(step))
        .map(|number| Chunk::whole(Place::NOWHERE, (length - number * step).min(step) as u32))
        .collect()
}
