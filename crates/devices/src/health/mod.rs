//! Health: looks at every device again and again, and tells who fell ill and who is well again.
//!
//! One thread a device, since a device may hang whoever asks it; one more watches the time of all. It changes
//! nothing: who listens takes out, repairs and lets in.

mod probe;
mod pulse;

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use model::DeviceNumber;
use tokio::sync::watch;

pub use self::probe::{Prober, Sight};
use self::pulse::{Finding, Pulse};
use crate::fleet::{Fleet, Slot};
use crate::roster::{Reason, Roster};

/// Told the same again and again as long as it is so. May block the thread that watches this device only, but for
/// `Hung`, which must not block.
pub trait Listener: Send + Sync + 'static {
    /// A member that must be taken out.
    fn ill(&self, number: DeviceNumber, reason: Reason);
    /// A device that is out is itself again and takes writes.
    fn well(&self, number: DeviceNumber);
}

#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    pub look: Duration,
    pub write: Duration,
    /// Longer than this no device takes to answer.
    pub deadline: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(1),
            write: Duration::from_secs(10),
            deadline: Duration::from_secs(10),
        }
    }
}

/// Ends its threads when it is dropped, but doesn't wait for those that a device keeps.
pub struct Health {
    stop: Arc<AtomicBool>,
    watch: Option<JoinHandle<()>>,
    _listener: Arc<dyn Listener>,
}

impl Health {
    /// Devices that are registered later are watched too.
    pub fn start(fleet: Arc<Fleet>, rhythm: Rhythm, listener: Arc<dyn Listener>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let ear = Arc::downgrade(&listener);
        let ward = Ward { roster: fleet.changes(), rhythm, listener: ear, stop: stop.clone() };
        #[expect(clippy::disallowed_methods, reason = "no simulation looks at devices")]
        let watch = thread::Builder::new().name("health".to_owned()).spawn(move || ward.watch(&fleet))?;
        Ok(Self { stop, watch: Some(watch), _listener: listener })
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(watch) = self.watch.take() {
            watch.thread().unpark();
            // A panic there has been told already.
            let _ = watch.join();
        }
    }
}

#[derive(Clone)]
struct Ward {
    /// Not the fleet, nor who listens, which may hold it: a thread that a device keeps must not keep the locks of all.
    roster: watch::Receiver<Arc<Roster>>,
    rhythm: Rhythm,
    listener: Weak<dyn Listener>,
    stop: Arc<AtomicBool>,
}

/// Since when a device has been asked something that it has not answered.
type Asked = Arc<Mutex<Option<Instant>>>;

impl Ward {
    fn watch(&self, fleet: &Fleet) {
        let mut patients: BTreeMap<DeviceNumber, Asked> = BTreeMap::new();
        while !self.stop.load(Ordering::Relaxed) {
            for slot in fleet.slots() {
                patients.entry(slot.number).or_insert_with(|| self.attend(slot));
            }
            for (number, asked) in &patients {
                let hangs = get(asked).is_some_and(|since| since.elapsed() > self.rhythm.deadline);
                if hangs && self.is_member(*number) {
                    self.tell(|listener| listener.ill(*number, Reason::Hung));
                }
            }
            thread::park_timeout(self.rhythm.look);
        }
    }

    fn attend(&self, slot: Slot) -> Asked {
        let (ward, asked, number) = (self.clone(), Asked::default(), slot.number);
        let told = asked.clone();
        #[expect(clippy::disallowed_methods, reason = "no simulation looks at devices")]
        let spawned =
            thread::Builder::new().name(format!("health-{number}")).spawn(move || ward.visit(&slot, &told));
        if let Err(error) = spawned {
            tracing::error!(device = %number, %error, "the device is not watched; its own errors will have to tell");
        }
        asked
    }

    fn visit(&self, slot: &Slot, asked: &Asked) {
        let mut prober = Prober::new(slot.disk.clone(), slot.device);
        let mut pulse = Pulse::default();
        let mut written: Option<Instant> = None;
        while !self.stop.load(Ordering::Relaxed) {
            let writes = written.is_none_or(|at| at.elapsed() >= self.rhythm.write);
            set(asked, Some(Instant::now()));
            let sight = if writes { prober.probe() } else { prober.look() };
            set(asked, None);
            if writes {
                written = Some(Instant::now());
            }
            match pulse.feel(&sight, writes, self.is_member(slot.number)) {
                Finding::Nothing => {}
                Finding::Ill(reason) => {
                    tracing::error!(device = %slot.number, at = slot.label, %reason, ?sight, "the device is ill");
                    self.tell(|listener| listener.ill(slot.number, reason));
                }
                Finding::Well => self.tell(|listener| listener.well(slot.number)),
            }
            thread::sleep(self.rhythm.look);
        }
    }

    fn tell(&self, what: impl FnOnce(&dyn Listener)) {
        if let Some(listener) = self.listener.upgrade() {
            what(&*listener);
        }
    }

    fn is_member(&self, number: DeviceNumber) -> bool {
        self.roster.borrow().entry(number).is_some_and(|entry| entry.state.is_member())
    }
}

fn get(asked: &Asked) -> Option<Instant> {
    *asked.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(asked: &Asked, since: Option<Instant>) {
    *asked.lock().unwrap_or_else(PoisonError::into_inner) = since;
}
