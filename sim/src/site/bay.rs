//! The devices between two lives of the program: what they hold, and what is known to be wrong with them.

use std::sync::Arc;

use world::Disk as _;

use super::drive::{Ailment, Drive, Power};
use super::faults::Mishap;
use super::plant::Plant;
use crate::disk::Options;
use crate::{Dice, SimDisk};

const ROSTER: &str = "roster";

pub struct Bay {
    pub disk: SimDisk,
    /// As it was at the end of an earlier life.
    older: Option<SimDisk>,
    /// Lacks something, or holds something false, until it has been repaired.
    pub ill: bool,
    /// Bits of its volumes flipped: only a scrub finds that.
    pub rotten: bool,
    /// Bits of its copy of the catalog flipped, which nobody looks for.
    pub dubious: bool,
}

impl Bay {
    pub fn new(options: Options, seed: u64) -> Self {
        let disk = SimDisk::with_options(options, seed);
        Self { disk, older: None, ill: false, rotten: false, dubious: false }
    }

    /// What happens to it before the site starts.
    pub fn suffer(&mut self, mishap: Mishap, plant: Option<Plant>, dice: &Dice) {
        self.ill = true;
        match mishap {
            Mishap::Older => self.put_back(plant, dice),
            Mishap::Rot => (0..dice.between(1, 4)).for_each(|_| self.rot(plant, dice)),
            Mishap::Away | Mishap::Errs | Mishap::Dies | Mishap::Hangs => {}
        }
    }

    fn put_back(&mut self, plant: Option<Plant>, dice: &Dice) {
        let Some(older) = &self.older else { return };
        let older = older.image(dice.seed());
        if plant == Some(Plant::StaleTrusted) {
            copy_file(&self.disk, &older, ROSTER);
        }
        self.disk = older;
    }

    pub fn plug(&self, power: &Arc<Power>, ailment: Ailment, plant: Option<Plant>) -> Drive {
        Drive::new(self.disk.clone(), power.clone(), ailment, plant)
    }

    /// After a life.
    pub fn unplug(&mut self, lost_power: bool, dice: &Dice) {
        let seed = dice.seed();
        self.disk = if lost_power { self.disk.crash(seed) } else { self.disk.restart(seed) };
    }

    pub const fn is_kept(&self) -> bool {
        self.older.is_some()
    }

    /// Somebody takes an image.
    pub fn keep(&mut self, dice: &Dice) {
        self.older = Some(self.disk.image(dice.seed()));
    }

    pub fn heal(&mut self) {
        self.ill = self.dubious;
        self.rotten = false;
    }

    fn rot(&mut self, plant: Option<Plant>, dice: &Dice) {
        if plant == Some(Plant::ChecksumUnchecked) {
            self.rotten |= super::forge::forge(&self.disk, dice);
            return;
        }
        let directory = ["volumes", "volumes", "volumes", "journal", "index", ""][dice.index(6)];
        let Ok(names) = self.disk.list(directory) else { return };
        let Some(name) = dice.pick(&names) else { return };
        let path = format!("{directory}/{name}");
        let Some(page) = filled_page(&self.disk, &path, dice) else { return };
        let within = dice.below([80, 4096][dice.index(2)]);
        if self.disk.rot(&path, page * 4096 + within, 1 << dice.below(8)).is_ok() {
            self.rotten |= directory == "volumes";
            self.dubious |= directory != "volumes";
        }
    }
}

/// One of a file's pages that hold something.
fn filled_page(disk: &SimDisk, path: &str, dice: &Dice) -> Option<u64> {
    let bytes = read(disk, path)?;
    let pages = bytes.chunks(4096).enumerate();
    let filled = pages.filter(|(_, page)| page.iter().any(|byte| *byte != 0)).map(|(at, _)| at as u64);
    dice.pick(&filled.collect::<Vec<_>>()).copied()
}

pub fn read(disk: &SimDisk, path: &str) -> Option<Vec<u8>> {
    let file = disk.open(path).ok()?;
    let mut bytes = vec![0; usize::try_from(file.len().ok()?).ok()?];
    file.read_exact_at(&mut bytes, 0).ok()?;
    Some(bytes)
}

fn copy_file(from: &SimDisk, to: &SimDisk, path: &str) {
    let Some(bytes) = read(from, path) else { return };
    let write = || {
        let file = to.open(path)?;
        file.write_all_at(&bytes, 0)?;
        file.set_len(bytes.len() as u64)?;
        file.sync_all()
    };
    // A device that has no list yet is new, and nobody trusts it.
    let _ = write();
}
