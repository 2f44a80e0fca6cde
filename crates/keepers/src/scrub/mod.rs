//! Scrub: reads and proves every record of every device, so that rot is found while others can still mend it.
//!
//! Each device has rounds of its own, side by side with those of the others. A round goes through the device's volumes
//! step by step, no faster than it may, and goes on where it stopped after a crash: its place stands in a job's row,
//! which stays between rounds to tell when the next is due. What is found is repair's to mend.
//!
//! A corrupt record that a row named is replaced by a repair pass, and the reclaimer then frees its blocks, be its header
//! legible or not. What nobody names and nobody can tell (a record that had died and whose header rotted before it was
//! punched) is damage without a loss: each round counts it, until its volume goes.

mod place;
mod status;

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use semantics::Hall;
use stripe::Report;
use tokio::time::Instant;

use crate::each_device::{devices_in, each_device};
use crate::pace::Pace;
use crate::{KeeperFault, Orders, jobs};
use place::Place;
use status::Board;
pub use status::Scrubbed;

/// Read at once; a record may be longer.
const STEP_BYTES: u64 = 1024 * 1024;
/// How often a round writes down how far it is, beside the end of each volume.
const NOTE_EVERY: Duration = Duration::from_secs(10);
/// How often to look whether a round is due.
const IDLE: Duration = Duration::from_secs(60);
/// How long a device that failed is left alone.
const PAUSE: Duration = Duration::from_secs(60);

/// How often and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScrubOptions {
    /// From the beginning of a device's round to the beginning of its next.
    pub interval: Duration,
    /// Of each device. 0: it waits until it may.
    pub bytes_per_second: u64,
}

impl Default for ScrubOptions {
    fn default() -> Self {
        Self { interval: Duration::from_secs(30 * 24 * 60 * 60), bytes_per_second: 16 * 1024 * 1024 }
    }
}

/// How others see the scrub, and change it while it runs.
#[derive(Clone, Debug)]
pub struct Scrubbing(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pace: Pace,
    board: Board,
    interval: Duration,
}

/// What repair was asked for, and where the round must go on after a crash so that nothing found is forgotten.
struct Mending<'a> {
    repair: &'a Orders,
    pass: u64,
    before: Option<Place>,
}

pub struct Scrubber {
    hall: Hall,
    repair: Orders,
    scrubbing: Scrubbing,
}

impl Scrubbing {
    /// Asks for a round of every device that begins from now on; answers the number of the demand.
    pub fn begin(&self) -> u64 {
        self.0.board.ask()
    }

    /// Waits until no device is left whose round began before that demand.
    pub async fn done(&self, demand: u64) {
        self.0.board.done(demand).await;
    }

    /// From now on, of each device. 0: it waits until it may.
    pub fn set_bytes_per_second(&self, bytes: u64) {
        self.0.pace.set(bytes);
    }

    /// Each device that was scrubbed or is going to be, by number.
    pub fn status(&self) -> Vec<Scrubbed> {
        self.0.board.all()
    }
}

impl Scrubber {
    /// `repair`: who is told of what is found.
    pub fn new(hall: Hall, repair: Orders, options: ScrubOptions) -> (Self, Scrubbing) {
        let ScrubOptions { interval, bytes_per_second } = options;
        let pace = Pace::new(bytes_per_second);
        let scrubbing = Scrubbing(Arc::new(Shared { pace, board: Board::default(), interval }));
        (Self { hall, repair, scrubbing: scrubbing.clone() }, scrubbing)
    }

    /// Works until its task is aborted.
    pub async fn run(self) {
        let scrubber = Arc::new(self);
        let board = &scrubber.scrubbing.0.board;
        let devices = || {
            let devices = devices_in(&scrubber.hall);
            board.keep(&devices);
            devices
        };
        each_device(devices, |device| scrubber.clone().rounds(device)).await;
    }

    /// One device's rounds, until it is in no more.
    async fn rounds(self: Arc<Self>, device: u16) {
        let mut asked = self.scrubbing.0.board.asked();
        while devices_in(&self.hall).contains(&device) {
            let wait = match self.due(device) {
                Ok(Some(place)) => match self.round(device, place).await {
                    Ok(()) => continue,
                    Err(fault) => {
                        tracing::warn!(device, %fault, "a scrub pauses");
                        PAUSE
                    }
                },
                Ok(None) => IDLE,
                Err(fault) => {
                    tracing::error!(device, %fault, "how far a scrub was can't be read");
                    PAUSE
                }
            };
            tokio::select! {
                _ = asked.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Where the device's round goes on, or begins; `None` while none is due.
    fn due(&self, device: u16) -> Result<Option<Place>, KeeperFault> {
        let (board, now) = (&self.scrubbing.0.board, self.hall.clock().now());
        let place = Place::read(self.hall.catalog(), device)?;
        board.show(device, &place);
        if place.is_under_way() {
            return Ok(Some(place));
        }
        // A clock that was put back makes a round begin early, never late.
        let since = now.millis().abs_diff(place.begun.millis());
        let due = place.rounds == 0 || u128::from(since) >= self.scrubbing.0.interval.as_millis();
        Ok((due || board.is_asked(device)).then(|| self.first(device, now, &place)))
    }

    fn first(&self, device: u16, now: Timestamp, before: &Place) -> Place {
        let volumes = self.hall.store().volumes();
        let last = volumes.into_iter().filter(|(on, _)| *on == device).map(|(_, volume)| volume).max();
        let filled = self.hall.store().stats(device).map_or(0, |stats| stats.usage.filled_bytes);
        before.next_round(now, last.unwrap_or(0), filled)
    }

    async fn round(&self, device: u16, mut place: Place) -> Result<(), KeeperFault> {
        let board = &self.scrubbing.0.board;
        board.begin(device, &place);
        let mut ended = self.walk(device, &mut place).await;
        if ended.is_ok() {
            place.finish(self.hall.clock().now());
            ended = self.note(device, &place).await;
        }
        board.end(device, &place);
        ended?;
        tracing::info!(device, bytes = place.bytes, corrupt = place.corrupt, "a device is scrubbed");
        Ok(())
    }

    /// From volume to volume. Those made since the round began wait for the next one.
    async fn walk(&self, device: u16, place: &mut Place) -> Result<(), KeeperFault> {
        let board = &self.scrubbing.0.board;
        let (mut allowance, mut noted) = (self.scrubbing.0.pace.allowance(), Instant::now());
        let mut mending = Mending::new(&self.repair);
        if self.hall.store().rebuilt().contains_key(&device) {
            mending.pass = self.repair.pass();
        }
        while let Some(volume) = self.volume_at_or_after(device, place) {
            place.turn_to(volume);
            let (before, mut suspect) = (place.clone(), false);
            // Only who saw all of it can tell.
            let mut dead_bytes = if place.offset == 0 { 0 } else { u64::MAX };
            loop {
                let (mut report, next) = self.step(device, volume, place.offset).await?;
                dead_bytes = dead_bytes.saturating_add(report.dead_bytes);
                if next.is_none() && dead_bytes < u64::MAX && dead_bytes > report.dead_bytes_counted {
                    tracing::error!(device, volume, "records of a volume have vanished");
                    report.corrupt += 1;
                }
                place.saw(&report, next);
                board.show(device, place);
                if report.corrupt > 0 && !suspect {
                    suspect = true;
                    mending.ask(device, &before);
                }
                allowance.spend(report.bytes - report.dead_bytes).await;
                if next.is_none() || noted.elapsed() >= NOTE_EVERY {
                    noted = Instant::now();
                    self.note(device, mending.safe(place)).await?;
                }
                if next.is_none() {
                    break;
                }
            }
        }
        mending.done().await;
        Ok(())
    }

    async fn step(
        &self,
        device: u16,
        volume: u32,
        offset: u64,
    ) -> Result<(Report, Option<u64>), KeeperFault> {
        let step = self.hall.store().verify_from(device, volume, offset, STEP_BYTES).await;
        let (report, next) = match step {
            Ok(step) => step,
            // It was emptied meanwhile.
            Err(stripe::Fault::Gone { .. }) => return Ok((gone(), None)),
            // The watch knows. What is named behind the place is read by repair.
            Err(fault @ stripe::Fault::Io { .. }) => {
                tracing::error!(device, volume, %fault, "a volume can't be read to its end");
                (Report { corrupt: 1, ..gone() }, None)
            }
            Err(fault) => return Err(fault.into()),
        };
        for fault in &report.faults {
            tracing::error!(device, %fault, "a scrub found damage");
        }
        metrics::counter!("strongroom_scrubbed_bytes_total").increment(report.bytes);
        metrics::counter!("strongroom_scrub_corrupt_total").increment(report.corrupt);
        Ok((report, next))
    }

    fn volume_at_or_after(&self, device: u16, place: &Place) -> Option<u32> {
        let of = |(on, volume): &(u16, u32)| *on == device && (place.volume..=place.last).contains(volume);
        self.hall.store().volumes().iter().find(|at| of(at)).map(|(_, volume)| *volume)
    }

    async fn note(&self, device: u16, place: &Place) -> Result<(), KeeperFault> {
        jobs::note(self.hall.catalog(), &Place::name(device), Some(&place.row())).await
    }
}

/// Of a volume of which nothing can be said.
fn gone() -> Report {
    Report { dead_bytes_counted: u64::MAX, ..Report::default() }
}

impl<'a> Mending<'a> {
    const fn new(repair: &'a Orders) -> Self {
        Self { repair, pass: 0, before: None }
    }

    fn is_done(&self) -> bool {
        *self.repair.done().borrow() >= self.pass
    }

    /// `place`: where this volume's scrub began.
    fn ask(&mut self, device: u16, place: &Place) {
        if self.is_done() {
            self.before = Some(place.clone());
        }
        self.pass = self.repair.suspect(device, place.volume);
    }

    /// Where a crash may let the round go on.
    fn safe<'p>(&'p self, place: &'p Place) -> &'p Place {
        self.before.as_ref().filter(|_| !self.is_done()).unwrap_or(place)
    }

    async fn done(&self) {
        // The sender is within what we hold.
        let _ = self.repair.done().wait_for(|done| *done >= self.pass).await;
    }
}
