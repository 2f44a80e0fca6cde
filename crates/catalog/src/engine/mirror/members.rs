//! Who the members are, who is given up, and the rule by which the answers of several become one.
//!
//! The rule: as long as one whole member did what was asked, those who failed are given up, each noted by the watch
//! before anyone hears of success; when none did, the failure is everyone's and nobody is given up. A full device is
//! no failure: what one has no room for, none shall have; one that finds none while it joins is let go.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use world::Disk;

use super::lanes::{Held, Lane, Patience, Seat, gather};
use super::{Member, MemberState, Standing, Watch};
use crate::Fault;
use crate::engine::index::Index;

/// What reads or writes much is given so many times longer than a commit: one application to an index may seek through
/// thousands of pages, and the sync of a new segment is of all its zeros.
const LONG: u32 = 60;

/// A living member.
#[derive(Clone)]
pub(crate) struct Place {
    pub seat: Arc<Seat>,
    pub disk: Arc<dyn Disk>,
    pub index: Arc<dyn Index>,
}

impl Place {
    pub fn new(member: Member, whole: bool) -> Self {
        let Member { number, disk, index } = member;
        Self { seat: Seat::new(number, whole), disk, index: index.into() }
    }

    pub fn held_disk(&self) -> Held<Arc<dyn Disk>> {
        (self.seat.clone(), self.disk.clone())
    }

    pub fn held_index(&self) -> Held<Arc<dyn Index>> {
        (self.seat.clone(), self.index.clone())
    }
}

pub(crate) struct Members {
    /// Those who are written, by number.
    living: RwLock<Arc<[Place]>>,
    gone: Mutex<BTreeMap<u16, Fault>>,
    watch: Arc<dyn Watch>,
    /// `None`: all is done in turn on the caller's thread.
    deadline: Option<Duration>,
    /// Held by whoever changes an index. The filling member has every row before this key, which is empty when nobody
    /// is filling.
    filled: Mutex<Vec<u8>>,
    /// One loss or change of the list at a time. Whoever wants both locks takes `filled` first.
    changing: Mutex<()>,
}

impl Members {
    pub fn new(
        places: Vec<Place>,
        gone: BTreeMap<u16, Fault>,
        watch: Arc<dyn Watch>,
        deadline: Option<Duration>,
    ) -> Arc<Self> {
        Arc::new(Self {
            living: RwLock::new(places.into()),
            gone: Mutex::new(gone),
            watch,
            deadline,
            filled: Mutex::default(),
            changing: Mutex::default(),
        })
    }

    pub fn living(&self) -> Arc<[Place]> {
        self.living.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn states(&self) -> Vec<MemberState> {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = gone.iter().map(|(number, why)| (*number, Standing::Lost { why: why.clone() }));
        let living = self.living();
        let living = living.iter().map(|Place { seat, .. }| {
            let rows = seat.rows.load(Ordering::Relaxed);
            (seat.number, if seat.is_whole() { Standing::Whole } else { Standing::Filling { rows } })
        });
        let all: BTreeMap<u16, Standing> = lost.chain(living).collect();
        all.into_iter().map(|(number, standing)| MemberState { number, standing }).collect()
    }

    pub fn filled(&self) -> MutexGuard<'_, Vec<u8>> {
        self.filled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn patience(&self, lane: Lane) -> Option<Patience> {
        let deadline = self.deadline?;
        Some(match lane {
            Lane::Journal | Lane::Files => Patience { longest: deadline, behind_first: deadline },
            Lane::Making | Lane::Index => {
                Patience { longest: deadline * LONG, behind_first: deadline * LONG }
            }
        })
    }

    /// Asks all that are living, and answers what those said who did it.
    pub fn ask<H, T>(
        &self,
        holders: Vec<Held<H>>,
        lane: Lane,
        job: impl Fn(&H) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<Vec<Held<T>>, Fault>
    where
        H: Send + 'static,
        T: Send + 'static,
    {
        let seats: Vec<Arc<Seat>> = holders.iter().map(|(seat, _)| seat.clone()).collect();
        let answers = gather(holders, lane, self.patience(lane), job);
        let mut answered = seats.iter().zip(&answers).filter(|(seat, _)| seat.is_whole());
        let lives = answered.any(|(_, answer)| matches!(answer, Ok(_) | Err(Fault::NoSpace)));
        let (mut done, mut full) = (Vec::new(), false);
        let mut failed = Vec::new();
        for (seat, answer) in seats.into_iter().zip(answers) {
            match answer {
                Ok(answer) => done.push((seat, answer)),
                Err(Fault::NoSpace) if seat.is_whole() => full = true,
                Err(why) => failed.push((seat, why)),
            }
        }
        if !lives {
            let first = failed.into_iter().next().map(|(_, why)| why);
            return Err(first.unwrap_or_else(|| Fault::corrupt("catalog", "no living member holds this")));
        }
        for (seat, why) in failed {
            self.lose(&seat, &why)?;
        }
        if full { Err(Fault::NoSpace) } else { Ok(done) }
    }

    /// Asks one after another until one answers; those that failed before it are given up.
    pub fn first<'h, H, T>(
        &self,
        holders: &'h [Held<H>],
        mut ask: impl FnMut(usize, &'h H) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let among = |whole| move |(_, (seat, _)): &(usize, &'h Held<H>)| seat.is_whole() == whole;
        let whole = holders.iter().enumerate().filter(among(true));
        // What was pinned on a member that is lost since may still be good: it is asked last.
        let rest = holders.iter().enumerate().filter(among(false));
        let mut failed: Vec<(&Arc<Seat>, Fault)> = Vec::new();
        for (place, (seat, held)) in whole.chain(rest) {
            match ask(place, held) {
                Ok(answer) => {
                    failed.into_iter().for_each(|(seat, why)| self.lose_reader(seat, &why));
                    return Ok(answer);
                }
                Err(why @ (Fault::Corrupt { .. } | Fault::Io { .. })) => failed.push((seat, why)),
                Err(fault) => return Err(fault),
            }
        }
        let first = failed.into_iter().next().map(|(_, why)| why);
        Err(first.unwrap_or_else(|| Fault::corrupt("catalog", "no member holds this")))
    }

    /// A member that could not be read, while another one could. If nobody can note it, it goes on being written.
    pub fn lose_reader(&self, seat: &Arc<Seat>, why: &Fault) {
        if let Err(fault) = self.lose(seat, why) {
            tracing::error!(member = seat.number, %fault, "a damaged member cannot be given up");
        }
    }

    /// Gives up a member that failed. The last whole one is never given up: its failure is the catalog's.
    pub fn lose(&self, seat: &Arc<Seat>, why: &Fault) -> Result<(), Fault> {
        let _one = self.changing();
        if !seat.is_living() {
            return Ok(());
        }
        if !self.has_another_than(seat.number) {
            return Err(why.clone());
        }
        // A device that is only full is a sound one, and as long as it joins nobody trusts its copy: there is nothing to note.
        if seat.is_whole() || !matches!(why, Fault::NoSpace) {
            self.watch.lost(seat.number, why)?;
        }
        tracing::error!(member = seat.number, %why, "a member of the catalog is given up");
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).insert(seat.number, why.clone());
        self.remove(seat);
        Ok(())
    }

    /// Takes a member out at the roster's wish: it is written no more, and not known any longer.
    pub fn leave(&self, number: u16) -> Result<(), Fault> {
        let _one = self.changing();
        if !self.has_another_than(number) {
            return Err(Fault::Member { number, detail: "it is the last one that has everything".into() });
        }
        if let Some(place) = self.living().iter().find(|place| place.seat.number == number) {
            self.remove(&place.seat);
        }
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        Ok(())
    }

    /// From now on it is written too.
    pub fn admit(&self, place: Place) -> Result<(), Fault> {
        let mut filled = self.filled();
        let _one = self.changing();
        let number = place.seat.number;
        let refuse = |detail: &str| Err(Fault::Member { number, detail: detail.into() });
        let mut places = self.living().to_vec();
        if places.iter().any(|other| other.seat.number == number) {
            return refuse("it is a member already");
        }
        if places.iter().any(|other| !other.seat.is_whole()) {
            return refuse("another member is joining");
        }
        filled.clear();
        places.push(place);
        places.sort_by_key(|place| place.seat.number);
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        self.replace(places);
        Ok(())
    }

    /// Asks the joining member alone; where it fails it is given up.
    pub fn ask_joining<H: Send + 'static>(
        &self,
        holder: Held<H>,
        lane: Lane,
        job: impl Fn(&H) -> Result<(), Fault> + Clone + Send + 'static,
    ) -> Result<(), Fault> {
        let seat = holder.0.clone();
        let answers = gather(vec![holder], lane, self.patience(lane), job);
        let failed = answers.into_iter().find_map(Result::err);
        failed.map_or(Ok(()), |why| self.lose(&seat, &why).and(Err(why)))
    }

    /// Takes out a member that is not whole yet.
    pub fn dismiss(&self, seat: &Seat) {
        let _one = self.changing();
        if seat.is_living() && !seat.is_whole() {
            let why = Fault::Member { number: seat.number, detail: "its joining was broken off".into() };
            self.gone.lock().unwrap_or_else(PoisonError::into_inner).insert(seat.number, why);
            self.remove(seat);
        }
    }

    /// The joining member counts from now on.
    pub fn count_in(&self, seat: &Seat) -> Result<(), Fault> {
        let _one = self.changing();
        seat.must_live()?;
        if let Err(fault) = self.watch.whole(seat.number) {
            // The next start may trust it nevertheless: until it is noted as lost it is written like any other.
            if self.watch.lost(seat.number, &fault).is_ok() {
                return Err(fault);
            }
        }
        seat.become_whole();
        Ok(())
    }

    fn has_another_than(&self, number: u16) -> bool {
        self.living().iter().any(|other| other.seat.number != number && other.seat.is_whole())
    }

    fn remove(&self, seat: &Seat) {
        seat.become_lost();
        let rest = self.living().iter().filter(|place| place.seat.number != seat.number).cloned().collect();
        self.replace(rest);
    }

    fn replace(&self, places: Vec<Place>) {
        let before = std::mem::replace(
            &mut *self.living.write().unwrap_or_else(PoisonError::into_inner),
            places.into(),
        );
        drop(before);
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
