//! The catalog as the rooms above use it: the engine with its two threads around it.
//!
//! The committer thread owns the engine and takes whatever plans have queued up while it synced the last batch:
//! that is the group commit. The checkpointer thread moves frozen memtables into the index and keeps spares
//! ready. Reads run on the caller's thread and block only for the disk.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use model::Ordinal;
use tokio::sync::oneshot;
use world::channel::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use world::thread::{self, Thread};
use world::{Clock, Disk, Instant};

use super::Options;
use super::archive::Archive;
use super::checkpoint::Checkpointer;
use super::index::Index;
use super::mirror::{Filling, Member, MemberState, Members, Watch};
use super::single::Engine;
use super::snapshot::Snapshot;
use super::tables::Tables;
use crate::{Decision, Fault, Group, Plan, Purpose, View, Write};

/// How often the checkpointer looks at the device's space, and tries again what failed.
const TICK: Duration = Duration::from_secs(1);

/// After so long without a commit the index is given what the memtables hold, so that listings need not ask them, a
/// start has nothing to replay, and the memory is free.
const IDLE: Duration = Duration::from_secs(1);

/// After so long with commits the same is done for an archive's sake: what it lacks is what the memtables hold.
const ARCHIVE_EVERY: Duration = Duration::from_secs(10);

/// One handle of many; clones share everything.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

/// Whether the device has room for commits that grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headroom {
    Ample,
    /// Growing commits are refused with `Fault::NoSpace`; reads, deletes and freeing commits go on.
    Scarce,
}

struct Inner {
    members: Arc<Members>,
    tables: Arc<Tables>,
    checkpointer: Arc<Checkpointer>,
    options: Options,
    queue: Sender<Message>,
    committer: Mutex<Option<Thread>>,
}

enum Message {
    Plan(Box<dyn Plan>),
    /// Go on in segments that a member has which was just admitted.
    BeginFilling(SyncSender<Result<(), Fault>>),
    /// Finish what came before; then, if told so, move everything into the index.
    Stop {
        checkpoint: bool,
    },
}

impl Catalog {
    /// Recovers what was committed and starts the threads.
    pub fn open(
        disk: Arc<dyn Disk>,
        index: Box<dyn Index>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, Fault> {
        Self::start(Engine::open(disk, index, clock, options)?, options)
    }

    /// As `open`, from the members that the roster trusts; those that cannot be used are noted as lost.
    pub fn open_members(
        members: Vec<Member>,
        watch: Arc<dyn Watch>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, Fault> {
        Self::start(Engine::open_members(members, watch, clock, options)?, options)
    }

    /// As `open_members`; `archive` keeps every row that goes into the index.
    pub fn open_archived(
        members: Vec<Member>,
        watch: Arc<dyn Watch>,
        archive: Arc<dyn Archive>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, Fault> {
        Self::start(Engine::open_archived(members, watch, Some(archive), clock, options)?, options)
    }

    fn start(engine: Engine, options: Options) -> Result<Self, Fault> {
        let members = engine.members.clone();
        let tables = engine.tables().clone();
        let checkpointer = engine.checkpointer().clone();
        let (applying, joining) = (checkpointer.clone(), checkpointer);
        let (wake, woken) = sync_channel(1);
        let (queue, plans) = channel();
        let background = spawn("catalog-index", move || keep_checkpointing(&applying, &woken))?;
        let committer = spawn("catalog-commit", move || {
            keep_committing(engine, &plans, &wake, options.batch_plans_max);
            // The checkpointer ends when its waker is gone.
            drop(wake);
            let _ = background.join();
        })?;
        let committer = Mutex::new(Some(committer));
        Ok(Self(Arc::new(Inner { members, tables, checkpointer: joining, options, queue, committer })))
    }

    /// A consistent point in time of everything.
    pub fn snapshot(&self) -> Result<Snapshot, Fault> {
        self.0.tables.snapshot()
    }

    /// What an archive was given by now: all commits up to its ordinal, and perhaps some rows of later ones.
    pub fn archived_snapshot(&self) -> Result<Snapshot, Fault> {
        self.0.tables.applied_snapshot()
    }

    /// The last commit that is visible: a snapshot taken after this call sees at least it.
    pub fn last_ordinal(&self) -> Ordinal {
        self.0.tables.visible()
    }

    /// The last commit that the archive has, or was told to have missed; `None` without an archive.
    pub fn archived(&self) -> Result<Option<Ordinal>, Fault> {
        let archived = || Ok(self.0.tables.index.applied()?.ordinal);
        self.0.checkpointer.has_archive().then(archived).transpose()
    }

    /// The latest committed value.
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        self.0.tables.get(key)
    }

    /// Decides inside the committer, and returns once the writes are durable and visible. The outer error is a
    /// fault, the inner one the closure's own refusal. A caller that stops waiting does not stop the commit.
    pub async fn commit<T, R, D>(&self, group: Group, decide: D) -> Result<Result<T, R>, Fault>
    where
        D: FnMut(&dyn View, Ordinal) -> Result<Decision<T, R>, Fault> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        self.ask(group, Purpose::Grow, decide).await
    }

    /// Makes these writes, whatever there is.
    pub async fn write(&self, group: Group, writes: Vec<Write>) -> Result<(), Fault> {
        let decide = move |_: &dyn View, _| Ok(Decision::<(), Infallible>::Write(writes.clone(), ()));
        let Ok(()) = self.commit(group, decide).await?;
        Ok(())
    }

    /// As `commit`, for what gives space back: it goes on while space is scarce.
    pub async fn commit_freeing<T, R, D>(&self, group: Group, decide: D) -> Result<Result<T, R>, Fault>
    where
        D: FnMut(&dyn View, Ordinal) -> Result<Decision<T, R>, Fault> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        self.ask(group, Purpose::Free, decide).await
    }

    /// Queues a plan; its `settle` is called in any case.
    pub fn submit(&self, plan: Box<dyn Plan>) {
        if let Err(refused) = self.0.queue.send(Message::Plan(plan))
            && let Message::Plan(plan) = refused.0
        {
            plan.settle(Err(Fault::Closed));
        }
    }

    /// False once the journal failed: then every commit is refused until the catalog is opened again.
    pub fn takes_commits(&self) -> bool {
        self.0.tables.failed.get().is_none()
    }

    pub fn members(&self) -> Vec<MemberState> {
        self.0.members.states()
    }

    /// Takes a member in, whose index must be empty (what its journal holds is thrown away), and returns once it is
    /// whole. Commits and reads go on. Blocks: for a thread of its own.
    pub fn join(&self, member: Member) -> Result<(), Fault> {
        let Inner { members, checkpointer, options, queue, .. } = &*self.0;
        let mut filling = Filling::admit(members, checkpointer, *options, member)?;
        let (tell, told) = sync_channel(1);
        queue.send(Message::BeginFilling(tell)).map_err(|_| Fault::Closed)?;
        told.recv().map_err(|_| Fault::Closed)??;
        while !filling.step()? {
            if self.0.is_closed() {
                return Err(Fault::Closed);
            }
        }
        Ok(())
    }

    /// Takes a member out, which the roster must have noted before. The last whole one is refused.
    pub fn leave(&self, number: u16) -> Result<(), Fault> {
        self.0.members.leave(number)
    }

    pub fn headroom(&self) -> Headroom {
        if self.0.tables.is_scarce() { Headroom::Scarce } else { Headroom::Ample }
    }

    /// Finishes the queue, moves everything into the index and ends the threads, so that the next start has
    /// nothing to replay. Blocks; later commits are `Closed`, reads still answer.
    pub fn shutdown(&self) {
        self.0.stop(true);
    }

    async fn ask<T, R, D>(&self, _group: Group, purpose: Purpose, decide: D) -> Result<Result<T, R>, Fault>
    where
        D: FnMut(&dyn View, Ordinal) -> Result<Decision<T, R>, Fault> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        self.submit(Box::new(Asked { decide, purpose, answer: None, tell }));
        // The plan is settled in any case but one: the committer itself died.
        told.await.unwrap_or_else(|_| Err(Fault::Unknown("the committer is gone".into())))
    }
}

impl Inner {
    fn is_closed(&self) -> bool {
        self.committer.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn stop(&self, checkpoint: bool) {
        let thread = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.queue.send(Message::Stop { checkpoint });
            let _ = thread.join();
        }
    }
}

/// Dropped without `shutdown`, the threads end and the journal keeps what the index lacks.
impl Drop for Inner {
    fn drop(&mut self) {
        self.stop(false);
    }
}

/// A closure and the caller who waits for it, as a plan.
struct Asked<T, R, D> {
    decide: D,
    purpose: Purpose,
    answer: Option<Result<T, R>>,
    tell: oneshot::Sender<Result<Result<T, R>, Fault>>,
}

impl<T, R, D> Plan for Asked<T, R, D>
where
    D: FnMut(&dyn View, Ordinal) -> Result<Decision<T, R>, Fault> + Send,
    T: Send,
    R: Send,
{
    fn decide(&mut self, view: &dyn View, ordinal: Ordinal) -> Result<Vec<Write>, Fault> {
        match (self.decide)(view, ordinal)? {
            Decision::Write(writes, done) => {
                self.answer = Some(Ok(done));
                Ok(writes)
            }
            Decision::Refuse(refusal) => {
                self.answer = Some(Err(refusal));
                Ok(Vec::new())
            }
        }
    }

    fn settle(self: Box<Self>, outcome: Result<Ordinal, Fault>) {
        let Self { answer, tell, .. } = *self;
        let unasked = || Fault::Unknown("the plan was settled before it was asked".into());
        // A caller that no longer waits is not told.
        let _ = tell.send(outcome.and_then(|_| answer.ok_or_else(unasked)));
    }

    fn purpose(&self) -> Purpose {
        self.purpose
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<Thread, Fault> {
    thread::spawn(name, run).map_err(Fault::io("starting a thread"))
}

fn keep_committing(mut engine: Engine, plans: &Receiver<Message>, wake: &SyncSender<()>, plans_max: usize) {
    let mut batch = Vec::new();
    let mut stop = None;
    let mut frozen = Instant::now();
    while stop.is_none() {
        let mut next = match wait(plans, &engine) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => {
                engine.freeze_early();
                None
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        while let Some(message) = next {
            match message {
                Message::Plan(plan) => batch.push(plan),
                // Who asked may be gone: then nobody fills the member, and it is out again.
                Message::BeginFilling(tell) => drop(tell.send(engine.begin_filling())),
                Message::Stop { checkpoint } => stop = Some(checkpoint),
            }
            let more = stop.is_none() && batch.len() < plans_max;
            next = if more { plans.try_recv().ok() } else { None };
        }
        if engine.tables().list().active.is_empty() {
            frozen = Instant::now();
        }
        engine.commit_batch(batch.drain(..));
        if engine.checkpointer().has_archive() && frozen.elapsed() >= ARCHIVE_EVERY {
            frozen = Instant::now();
            engine.freeze_early();
        }
        if !engine.tables().list().frozen.is_empty()
            && let Err(TrySendError::Disconnected(())) = wake.try_send(())
        {
            tracing::error!("the checkpointer is gone; commits will checkpoint for themselves");
        }
    }
    if stop == Some(true)
        && let Err(fault) = engine.checkpoint()
    {
        tracing::warn!(%fault, "the last checkpoint failed: the next start replays the journal");
    }
}

/// The next message; `Timeout` when none came for a while and the active memtable has rows.
fn wait(plans: &Receiver<Message>, engine: &Engine) -> Result<Message, RecvTimeoutError> {
    if engine.tables().list().active.is_empty() {
        return plans.recv().map_err(|_| RecvTimeoutError::Disconnected);
    }
    plans.recv_timeout(IDLE)
}

fn keep_checkpointing(checkpointer: &Checkpointer, woken: &Receiver<()>) {
    while !matches!(woken.recv_timeout(TICK), Err(RecvTimeoutError::Disconnected)) {
        if let Err(fault) = checkpointer.apply_all().and_then(|()| checkpointer.provide()) {
            tracing::warn!(%fault, "a checkpoint failed and will be tried again");
        }
    }
}
