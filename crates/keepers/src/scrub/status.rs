//! Where every device's scrub is, for who asks; and what was asked for.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::Timestamp;
use tokio::sync::watch;

use super::place::Place;

/// The scrub of one device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    pub device: u16,
    pub running: bool,
    /// Begun so far.
    pub rounds: u64,
    /// Of the round that runs, or of the last one: looked at, of how many when it began.
    pub bytes: u64,
    pub bytes_total: u64,
    /// Records and other places that are not what was written.
    pub corrupt: u64,
    pub begun: Option<Timestamp>,
    /// When the last whole round ended.
    pub finished: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Board {
    devices: Mutex<BTreeMap<u16, Entry>>,
    /// Demands so far.
    asked: watch::Sender<u64>,
    /// Told whenever a round ends or a device leaves.
    ended: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Entry {
    scrubbed: Scrubbed,
    /// The last demand when its round began, and when the last round that is done began.
    begun_at: u64,
    done_at: u64,
}

impl Default for Board {
    fn default() -> Self {
        Self { devices: Mutex::default(), asked: watch::Sender::new(0), ended: watch::Sender::new(()) }
    }
}

impl Board {
    pub fn ask(&self) -> u64 {
        let mut number = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            number = *asked;
        });
        number
    }

    pub fn asked(&self) -> watch::Receiver<u64> {
        self.asked.subscribe()
    }

    /// Whether a round was asked for that did not begin yet.
    pub fn is_asked(&self, device: u16) -> bool {
        let asked = *self.asked.borrow();
        self.lock().get(&device).is_none_or(|entry| entry.begun_at < asked)
    }

    pub async fn done(&self, demand: u64) {
        let mut ended = self.ended.subscribe();
        while self.lock().is_empty() || self.lock().values().any(|entry| entry.done_at < demand) {
            if ended.changed().await.is_err() {
                return;
            }
        }
    }

    /// The devices that are to be scrubbed; others are forgotten.
    pub fn keep(&self, devices: &[u16]) {
        let mut entries = self.lock();
        entries.retain(|device, _| devices.contains(device));
        for device in devices {
            entries.entry(*device).or_default();
        }
        drop(entries);
        self.ended.send_replace(());
    }

    pub fn begin(&self, device: u16, place: &Place) {
        let asked = *self.asked.borrow();
        let mut entries = self.lock();
        let entry = entries.entry(device).or_default();
        // A round that goes on after a start is no new one; but none that was asked for before it.
        if !entry.scrubbed.running && place.bytes == 0 {
            entry.begun_at = asked;
        }
        entry.scrubbed.running = true;
        drop(entries);
        self.show(device, place);
    }

    pub fn show(&self, device: u16, place: &Place) {
        let mut entries = self.lock();
        let scrubbed = &mut entries.entry(device).or_default().scrubbed;
        *scrubbed = Scrubbed {
            device,
            running: scrubbed.running,
            rounds: place.rounds,
            bytes: place.bytes,
            bytes_total: place.bytes_total,
            corrupt: place.corrupt,
            begun: (place.rounds > 0).then_some(place.begun),
            finished: place.finished,
        };
    }

    pub fn end(&self, device: u16, place: &Place) {
        self.show(device, place);
        if let Some(entry) = self.lock().get_mut(&device) {
            entry.scrubbed.running = false;
            if !place.is_under_way() {
                entry.done_at = entry.begun_at;
            }
        }
        self.ended.send_replace(());
    }

    pub fn all(&self) -> Vec<Scrubbed> {
        self.lock().iter().map(|(device, entry)| Scrubbed { device: *device, ..entry.scrubbed }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u16, Entry>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
