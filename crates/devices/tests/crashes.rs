//! Whatever fails and whenever the power goes: no start ever trusts a device that lacks what was acknowledged.
//!
//! Here a device holds one number, the last write it took. A write is acknowledged when every member took it. What
//! a member holds must be the last number acknowledged, or one that was being written.

mod support;

use std::sync::atomic::Ordering;

use devices::{Fleet, Reason, State};
use model::DeviceNumber;
use support::{Rig, n};
use world::SeededRandom;

/// A machine that runs, dies and runs again.
struct Story {
    rig: Rig,
    dice: SeededRandom,
    /// What each disk holds.
    held: Vec<u64>,
    acknowledged: u64,
    attempted: u64,
    starts: u32,
}

impl Story {
    fn new(seed: u64) -> Self {
        let dice = SeededRandom::new(seed);
        let disks = 2 + dice.below(5) as usize;
        Self {
            rig: Rig::new(disks, seed),
            dice,
            held: vec![0; disks],
            acknowledged: 0,
            attempted: 0,
            starts: 0,
        }
    }

    fn chance(&self, of: u64) -> bool {
        self.dice.below(of) == 0
    }

    fn run(&mut self, lives: usize) {
        // The first start has all disks, and they work.
        self.rig.open(&self.rig.all()).expect("a new site");
        for _ in 0..lives {
            for disk in &self.rig.disks {
                disk.set_broken(self.chance(5));
                disk.dead.store(self.chance(8), Ordering::Relaxed);
            }
            let here: Vec<usize> = self.rig.all().into_iter().filter(|_| !self.chance(3)).collect();
            if self.chance(2) {
                self.rig.power.off_after(self.dice.below(60));
            }
            if let Ok(fleet) = self.rig.open(&here) {
                self.starts += 1;
                self.check(&fleet);
                self.live(&fleet);
            }
            self.rig.power.on();
            for disk in &self.rig.disks {
                disk.lose_power(|| self.chance(2));
            }
        }
    }

    /// Every member holds all that was acknowledged.
    fn check(&self, fleet: &Fleet) {
        for slot in fleet.slots().iter().filter(|slot| slot.state.is_member()) {
            let held = self.held[disk_of(&slot.label)];
            assert!(
                held >= self.acknowledged,
                "device {} holds {held} of {}",
                slot.number,
                self.acknowledged
            );
        }
        let members = fleet.roster().members();
        assert!(!members.is_empty());
        assert!(members.iter().all(|number| fleet.slots().iter().any(|slot| slot.number == *number)));
    }

    fn live(&mut self, fleet: &Fleet) {
        for _ in 0..self.dice.below(12) {
            match self.dice.below(8) {
                0 => {
                    let disk = &self.rig.disks[self.dice.below(self.rig.disks.len() as u64) as usize];
                    disk.set_broken(!disk.is_broken());
                }
                1 if !self.heal(fleet) => return,
                2 => drop(fleet.renew()),
                3 => drop(fleet.drain(self.any(fleet))),
                4 => drop(fleet.let_in_member(self.any(fleet))),
                _ => self.write(fleet),
            }
            if self.rig.power.is_off() {
                return;
            }
        }
    }

    fn any(&self, fleet: &Fleet) -> DeviceNumber {
        n(self.dice.below(fleet.roster().entries.len() as u64) as u16)
    }

    /// To all members; those that fail are taken out before anybody is told.
    fn write(&mut self, fleet: &Fleet) {
        self.attempted += 1;
        for slot in fleet.slots().into_iter().filter(|slot| slot.state.is_member()) {
            let disk = disk_of(&slot.label);
            let fails = self.rig.power.is_off() || self.rig.disks[disk].is_broken() || self.chance(9);
            if !fails {
                self.held[disk] = self.attempted;
            } else if fleet.take_out(slot.number, Reason::Failed).is_err() {
                return;
            }
        }
        self.acknowledged = self.attempted;
        self.check(fleet);
    }

    /// Repairs a device that is out, and lets it in. Nobody writes meanwhile; nor afterwards, if it is neither in nor
    /// out.
    fn heal(&mut self, fleet: &Fleet) -> bool {
        let outside = fleet.slots().into_iter().find(|slot| matches!(slot.state, State::Out(_)));
        outside.is_none_or(|slot| {
            self.held[disk_of(&slot.label)] = self.attempted;
            fleet.let_in(slot.number).is_ok() || fleet.take_out(slot.number, Reason::Failed).is_ok()
        })
    }
}

/// Letting in what is out would need a repair first.
trait LetInMember {
    fn let_in_member(&self, number: DeviceNumber) -> Result<(), devices::Fault>;
}

impl LetInMember for Fleet {
    fn let_in_member(&self, number: DeviceNumber) -> Result<(), devices::Fault> {
        match self.roster().entry(number) {
            Some(entry) if entry.state.is_member() => self.let_in(number),
            _ => Ok(()),
        }
    }
}

fn disk_of(label: &str) -> usize {
    label[1..].parse().expect("a disk's label")
}

#[test]
fn no_start_after_any_failures_and_power_cuts_trusts_a_device_that_lacks_acknowledged_writes() {
    let seeds = std::env::var("SEEDS").map_or(400, |seeds| seeds.parse().expect("a number"));
    let mut starts = 0;
    for seed in 0..seeds {
        let mut story = Story::new(seed);
        story.run(30);
        starts += story.starts;
    }
    assert!(starts > 5 * seeds as u32, "only {starts} starts: the test has lost its teeth");
}

/// The power goes before each of the writes and syncs of a take-out; then every set of devices tries to start.
#[test]
fn a_take_out_cut_short_anywhere_is_whole_or_was_never_acknowledged() {
    for disks in 2..=5 {
        for cut in 0.. {
            let rig = Rig::new(disks, 7);
            let fleet = rig.open(&rig.all()).unwrap();
            rig.power.off_after(cut);
            let acknowledged = fleet.take_out(n(0), Reason::Failed).is_ok();
            let survived = !rig.power.is_off();
            drop(fleet);
            rig.power.on();
            rig.disks.iter().for_each(|disk| disk.lose_power(|| false));
            let images: Vec<_> = rig.disks.iter().map(support::MemDisk::image).collect();
            for set in 1..1_u32 << disks {
                let here: Vec<usize> = rig.all().into_iter().filter(|disk| set >> disk & 1 == 1).collect();
                let opened = rig.open(&here);
                if let Ok(fleet) = &opened {
                    let trusted = fleet.roster().entries[0].state.is_member();
                    assert!(!(acknowledged && trusted), "{disks} disks, cut {cut}, with {here:?}");
                }
                if acknowledged && !here.contains(&0) && 2 * here.len() > disks - 1 {
                    assert!(opened.is_ok(), "{disks} disks, cut {cut}, with {here:?}: {opened:?}");
                }
                rig.disks.iter().zip(&images).for_each(|(disk, image)| disk.put_back(image));
            }
            if survived {
                break;
            }
        }
    }
}

/// The power goes while a device is let in, at the next start another one fails; whoever goes on is the only one to be
/// trusted at the start after that.
#[test]
fn a_let_in_cut_short_anywhere_misleads_nobody_when_the_next_start_fails_anywhere() {
    let mut gone_on = 0;
    for (cut, failing) in (0..).flat_map(|cut| [(cut, 1), (cut, 2)]) {
        let rig = Rig::new(3, 7);
        let fleet = rig.open(&rig.all()).unwrap();
        fleet.take_out(n(0), Reason::Failed).unwrap();
        rig.power.off_after(cut);
        let survived = fleet.let_in(n(0)).is_ok();
        drop(fleet);
        rig.power.on();
        rig.disks.iter().for_each(|disk| disk.lose_power(|| false));
        let before: Vec<_> = rig.disks.iter().map(support::MemDisk::image).collect();
        for deeds in 0.. {
            rig.disks.iter().zip(&before).for_each(|(disk, image)| disk.put_back(image));
            rig.disks[failing].breaks_after(deeds);
            let opened = rig.open(&[1, 2]);
            let failed = rig.disks[failing].is_broken();
            rig.disks[failing].set_broken(false);
            let after: Vec<_> = rig.disks.iter().map(support::MemDisk::image).collect();
            if let Ok(fleet) = opened {
                let went_on = fleet.roster().members();
                gone_on += u32::from(went_on.len() == 1);
                for here in [vec![0, 1], vec![0, 2], vec![0], vec![1], vec![2], rig.all()] {
                    rig.disks.iter().zip(&after).for_each(|(disk, image)| disk.put_back(image));
                    let trusted = rig.open(&here).map(|fleet| fleet.roster().members());
                    let misled = trusted.as_ref().is_ok_and(|trusted| !trusted.is_subset(&went_on));
                    assert!(!misled, "cut {cut}, {failing} failed after {deeds}: {trusted:?} with {here:?}");
                }
            }
            if !failed {
                break;
            }
        }
        if survived {
            break;
        }
    }
    assert!(gone_on > 50, "{gone_on}");
}

/// As above, for a device that comes back, and for a new one.
#[test]
fn a_site_starts_with_all_its_devices_wherever_a_change_was_cut_short() {
    let changes: [fn(&Rig, &Fleet) -> bool; 3] = [
        |_, fleet| fleet.let_in(n(1)).is_ok(),
        |rig, fleet| fleet.register(rig.offer(2)).is_ok(),
        |_, fleet| fleet.renew().is_ok(),
    ];
    for change in changes {
        for cut in 0.. {
            let rig = Rig::new(3, 7);
            let fleet = rig.open(&[0, 1]).unwrap();
            fleet.take_out(n(1), Reason::Failed).unwrap();
            rig.power.off_after(cut);
            change(&rig, &fleet);
            let survived = !rig.power.is_off();
            drop(fleet);
            rig.power.on();
            rig.disks.iter().for_each(|disk| disk.lose_power(|| cut % 2 == 0));
            rig.open(&[0, 1, 2]).unwrap_or_else(|fault| panic!("cut {cut}: {fault}"));
            if survived {
                break;
            }
        }
    }
}

#[test]
fn a_first_start_cut_short_anywhere_starts_the_next_time() {
    for cut in 0.. {
        let rig = Rig::new(3, 7);
        rig.power.off_after(cut);
        let survived = rig.open(&rig.all()).is_ok();
        rig.power.on();
        rig.disks.iter().for_each(|disk| disk.lose_power(|| cut % 2 == 0));
        let fleet = rig.open(&rig.all()).unwrap_or_else(|fault| panic!("cut {cut}: {fault}"));
        assert_eq!(fleet.roster().members().len(), 3, "cut {cut}");
        if survived {
            break;
        }
    }
}
