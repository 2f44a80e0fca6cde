//! Sites of several devices: what a start makes of each kind of directory, and what changes while one runs.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use devices::format::Copy;
use devices::{CatalogCopy, Fault, Fleet, Offer, OpenFault, Options, Reason, State};
use model::{Timestamp, Zone};
use support::{Rig, n, numbers, out, states};
use volume::{VolumeSet, identity};
use world::{Clock, RealDisk};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn copy(rig: &Rig, disk: usize) -> Copy {
    Copy::decode(&rig.disks[disk].read("roster").expect("a roster")).expect("a good one")
}

/// Number, path, state.
fn slots(fleet: &Fleet) -> Vec<(u16, String, State)> {
    fleet.slots().into_iter().map(|slot| (slot.number.0, slot.label, slot.state)).collect()
}

fn files(rig: &Rig) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
    let of = |disk: &support::MemDisk| {
        disk.paths().into_iter().map(|path| (path.clone(), disk.read(&path))).collect()
    };
    rig.disks.iter().map(of).collect()
}

#[test]
fn a_first_start_registers_every_directory_and_the_next_finds_them_in_any_order() -> Outcome {
    let rig = Rig::new(3, 1);
    let fleet = rig.open(&[0, 1, 2])?;
    let first = fleet.roster();
    assert_eq!(states(&fleet), [State::In; 3]);
    assert!(first.is_settled());
    assert!((0..3).all(|disk| copy(&rig, disk).roster == *first));
    drop(fleet);
    let fleet = rig.open(&[2, 0, 1])?;
    assert_eq!(fleet.roster().entries, first.entries);
    assert!(fleet.roster().generation > first.generation);
    let expected = [(0, "d0".into(), State::In), (1, "d1".into(), State::In), (2, "d2".into(), State::In)];
    assert_eq!(slots(&fleet), expected);
    Ok(())
}

#[test]
fn who_is_missing_at_a_start_is_out_and_stays_out_until_it_is_let_in() -> Outcome {
    let rig = Rig::new(3, 1);
    rig.open(&rig.all())?;
    rig.clock.set(Timestamp::from_millis(77));
    let fleet = rig.open(&[0, 2])?;
    assert_eq!(states(&fleet), [State::In, out(Reason::Missing), State::In]);
    assert_eq!(fleet.roster().entries[1].since, rig.clock.now());
    drop(fleet);
    let fleet = rig.open(&rig.all())?;
    assert_eq!(states(&fleet), [State::In, out(Reason::Missing), State::In]);
    let mut changes = fleet.changes();
    changes.mark_unchanged();
    fleet.let_in(n(1))?;
    assert!(changes.has_changed()?);
    assert_eq!(states(&fleet), [State::In; 3]);
    assert_eq!(copy(&rig, 1).roster, *fleet.roster());
    Ok(())
}

#[test]
fn of_a_pair_the_one_left_behind_is_refused_and_told_how_to_be_believed() -> Outcome {
    let rig = Rig::new(2, 1);
    rig.open(&[0, 1])?.take_out(n(0), Reason::Failed)?;
    let before = files(&rig);
    let refused = rig.open(&[0]).unwrap_err();
    assert!(matches!(refused, OpenFault::TooFew { present: 1, needed: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("--without 1"), "{refused}");
    assert_eq!(files(&rig), before, "a start that is refused writes nothing");
    rig.open(&[1])?;
    assert_eq!(states(&rig.open_without(&[0], &[1])?), [State::In, State::Removed]);
    // The one given up takes no part any more, unless it goes on and then wants to be the newer.
    assert_eq!(slots(&rig.open(&[0, 1])?), [(0, "d0".into(), State::In)]);
    for _ in 0..4 {
        rig.open(&[1])?;
    }
    let forked = rig.open(&[0, 1]).unwrap_err();
    assert_eq!(forked, OpenFault::Forked { number: n(1), label: "d0".to_owned() });
    Ok(())
}

#[test]
fn taking_out_more_than_half_at_once_fails_and_changes_nothing() -> Outcome {
    let rig = Rig::new(2, 1);
    let fleet = rig.open(&[0, 1])?;
    rig.disks[1].set_broken(true);
    assert_eq!(fleet.take_out(n(0), Reason::Hung), Err(Fault::TooFew { left: 0, before: 2 }));
    assert_eq!(states(&fleet), [State::In; 2]);
    rig.disks[1].set_broken(false);
    fleet.take_out(n(0), Reason::Hung)?;
    fleet.take_out(n(0), Reason::Hung)?;
    assert_eq!(fleet.take_out(n(1), Reason::Hung), Err(Fault::TooFew { left: 0, before: 1 }));
    assert_eq!(fleet.take_out(n(9), Reason::Hung), Err(Fault::Unknown(n(9))));
    Ok(())
}

#[test]
fn an_order_outweighs_whatever_else_took_a_device_out() -> Outcome {
    let rig = Rig::new(4, 1);
    let fleet = rig.open(&rig.all())?;
    fleet.take_out(n(1), Reason::Failed)?;
    fleet.take_out(n(1), Reason::Ordered)?;
    assert_eq!(states(&fleet)[1], out(Reason::Ordered));
    fleet.take_out(n(1), Reason::Hung)?;
    drop(fleet);
    let fleet = rig.open(&rig.all())?;
    assert_eq!(states(&fleet)[1], out(Reason::Ordered));
    fleet.let_in(n(1))?;
    assert_eq!(states(&fleet), [State::In; 4]);
    Ok(())
}

#[test]
fn who_fails_to_take_a_roster_is_taken_out_with_it() -> Outcome {
    let rig = Rig::new(5, 1);
    let fleet = rig.open(&rig.all())?;
    rig.disks[3].set_broken(true);
    fleet.take_out(n(1), Reason::Swapped)?;
    let (swapped, failed) = (out(Reason::Swapped), out(Reason::Failed));
    assert_eq!(states(&fleet), [State::In, swapped, State::In, failed, State::In]);
    Ok(())
}

#[test]
fn an_empty_directory_beside_a_missing_device_is_left_alone_until_it_is_registered() -> Outcome {
    let rig = Rig::new(4, 1);
    rig.open(&[0, 1, 2])?;
    let fleet = rig.open(&[0, 1, 3])?;
    assert_eq!(states(&fleet), [State::In, State::In, out(Reason::Missing)]);
    assert_eq!(fleet.register(rig.offer(3))?, n(3));
    assert_eq!(states(&fleet), [State::In, State::In, out(Reason::Missing), State::In]);
    assert_eq!(slots(&fleet)[2], (3, "d3".into(), State::In));
    Ok(())
}

#[test]
fn devices_are_registered_while_the_site_runs() -> Outcome {
    let rig = Rig::new(3, 1);
    let fleet = rig.open(&[0])?;
    let zone = Zone::parse("left");
    assert_eq!(fleet.register(Offer { zone: zone.clone(), ..rig.offer(1) })?, n(1));
    assert_eq!(fleet.roster().entries[1].zone, zone);
    assert!(matches!(fleet.register(rig.offer(1)), Err(OpenFault::Twice { .. })));
    rig.disks[2].write("photo.jpg", b"mine");
    assert!(matches!(fleet.register(rig.offer(2)), Err(OpenFault::Strangers { .. })));
    assert_eq!(rig.disks[2].paths(), ["photo.jpg"]);
    assert_eq!(states(&fleet), [State::In; 2]);
    Ok(())
}

#[test]
fn a_device_that_was_missing_takes_its_old_place_while_the_site_runs() -> Outcome {
    let rig = Rig::new(3, 1);
    rig.open(&rig.all())?;
    let fleet = rig.open(&[0, 1])?;
    assert_eq!(fleet.let_in(n(2)), Err(Fault::Absent(n(2))));
    assert_eq!(fleet.register(rig.offer(2))?, n(2));
    assert_eq!(states(&fleet)[2], out(Reason::Missing));
    fleet.let_in(n(2))?;
    assert_eq!(states(&fleet), [State::In; 3]);
    Ok(())
}

#[test]
fn a_directory_of_other_files_is_refused_and_nothing_is_written_anywhere() {
    let rig = Rig::new(2, 1);
    rig.disks[0].write("lost+found", b"");
    rig.disks[1].write("photo.jpg", b"mine");
    let refused = rig.open(&[0, 1]).unwrap_err();
    assert_eq!(refused, OpenFault::Strangers { label: "d1".to_owned(), file: "photo.jpg".to_owned() });
    assert_eq!((rig.disks[0].paths().len(), rig.disks[1].paths().len()), (1, 1));
    assert!(rig.open(&[0]).is_ok());
}

#[test]
fn a_device_of_another_site_is_refused_by_name() -> Outcome {
    let rig = Rig::new(2, 1);
    rig.open(&[0])?;
    rig.open(&[1])?;
    let refused = rig.open(&[0, 1]).unwrap_err();
    assert!(matches!(&refused, OpenFault::OtherSite { label, .. } if label == "d1"), "{refused}");
    Ok(())
}

#[test]
fn the_same_device_given_twice_is_refused_new_or_not() -> Outcome {
    for known in [false, true] {
        let mut rig = Rig::new(1, 1);
        if known {
            rig.open(&[0])?;
        }
        rig.disks.push(rig.disks[0].clone());
        let refused = rig.open(&[0, 1]).unwrap_err();
        assert_eq!(refused, OpenFault::Twice { first: "d0".to_owned(), second: "d1".to_owned() });
    }
    Ok(())
}

#[test]
fn a_corrupt_or_lost_identity_is_written_anew_from_the_roster() -> Outcome {
    let rig = Rig::new(2, 1);
    rig.open(&[0, 1])?;
    let good = rig.disks[1].read("device").unwrap();
    for damage in
        [|rig: &Rig| rig.disks[1].write("device", b"noise"), |rig: &Rig| rig.disks[1].delete("device")]
    {
        damage(&rig);
        assert_eq!(states(&rig.open(&[0, 1])?), [State::In; 2]);
        assert_eq!(rig.disks[1].read("device").as_ref(), Some(&good));
    }
    Ok(())
}

#[test]
fn a_corrupt_roster_is_written_anew_from_the_others() -> Outcome {
    let rig = Rig::new(3, 1);
    rig.open(&rig.all())?;
    rig.disks[1].write("roster", &[7; 8192]);
    let fleet = rig.open(&rig.all())?;
    assert_eq!(states(&fleet), [State::In; 3]);
    assert_eq!(copy(&rig, 1).roster, *fleet.roster());
    Ok(())
}

#[test]
fn one_rotten_sector_of_a_roster_costs_nothing() -> Outcome {
    let rig = Rig::new(2, 1);
    rig.open(&[0, 1])?;
    for disk in &rig.disks {
        let mut bytes = disk.read("roster").unwrap();
        bytes[..512].fill(0);
        disk.write("roster", &bytes);
    }
    assert_eq!(states(&rig.open(&[0, 1])?), [State::In; 2]);
    Ok(())
}

#[test]
fn a_device_that_cannot_say_who_it_is_is_refused() -> Outcome {
    let rig = Rig::new(2, 1);
    rig.open(&[0, 1])?;
    rig.disks[1].write("device", b"noise");
    rig.disks[1].write("roster", b"noise");
    let refused = rig.open(&[0, 1]).unwrap_err();
    assert!(matches!(&refused, OpenFault::Nameless { label, .. } if label == "d1"), "{refused}");
    for path in ["device", "roster"] {
        rig.disks[1].delete(path);
    }
    rig.disks[1].write("volumes/00000001.vol", b"records");
    assert!(matches!(rig.open(&[0, 1]), Err(OpenFault::Nameless { .. })));
    Ok(())
}

#[test]
fn an_older_image_and_an_emptied_device_are_out_until_they_are_healed() -> Outcome {
    let rig = Rig::new(4, 1);
    let fleet = rig.open(&rig.all())?;
    let image = rig.disks[1].image();
    fleet.renew()?;
    drop(fleet);
    rig.disks[1].put_back(&image);
    rig.disks[3].delete_dir("volumes");
    let fleet = rig.open(&rig.all())?;
    let stale = out(Reason::Stale);
    assert_eq!(states(&fleet), [State::In, stale, State::In, stale]);
    drop(fleet);
    let fleet = rig.open(&rig.all())?;
    fleet.let_in(n(1))?;
    assert_eq!(states(&fleet), [State::In, State::In, State::In, stale]);
    Ok(())
}

#[test]
fn the_device_of_an_earlier_build_becomes_number_0_and_keeps_its_records() -> Outcome {
    let rig = Rig::new(3, 1);
    let old = volume::DeviceId([3; 16]);
    identity::create(&rig.disks[1], old)?;
    rig.disks[1].write("volumes/00000001.vol", b"records");
    rig.disks[1].write("journal/00000001.seg", b"commits");
    let fleet = rig.open(&[0, 1])?;
    let first = fleet.roster().entries[0].clone();
    assert_eq!((first.device, first.catalog), (old, Some(CatalogCopy::Whole)));
    assert_eq!(slots(&fleet)[0], (0, "d1".into(), State::In));
    drop(fleet);
    identity::create(&rig.disks[2], volume::DeviceId([4; 16]))?;
    rig.disks[2].write("volumes/00000001.vol", b"others");
    assert!(matches!(rig.open(&rig.all()), Err(OpenFault::Foreign { .. })));
    Ok(())
}

#[test]
fn a_device_that_errs_at_a_start_is_out_and_a_new_site_does_not_begin_with_one() -> Outcome {
    let rig = Rig::new(4, 1);
    rig.disks[2].set_broken(true);
    assert!(matches!(rig.open(&rig.all()), Err(OpenFault::Failed { label, .. }) if label == "d2"));
    rig.disks[2].set_broken(false);
    rig.open(&rig.all())?;
    rig.disks[2].set_broken(true);
    assert_eq!(states(&rig.open(&rig.all())?)[2], out(Reason::Failed));
    rig.disks[3].dead.store(true, Ordering::Relaxed);
    let fleet = rig.open(&rig.all())?;
    assert_eq!(states(&fleet), [State::In, State::In, out(Reason::Failed), out(Reason::Missing)]);
    Ok(())
}

#[test]
fn the_catalog_lies_on_members_only_and_whoever_goes_out_loses_it() -> Outcome {
    let rig = Rig::new(3, 1);
    let fleet = rig.open(&rig.all())?;
    let copies = BTreeMap::from([(n(0), CatalogCopy::Whole), (n(2), CatalogCopy::Filling)]);
    fleet.set_catalog(&copies)?;
    let of = |fleet: &Fleet| fleet.roster().entries.iter().map(|entry| entry.catalog).collect::<Vec<_>>();
    assert_eq!(of(&fleet), [Some(CatalogCopy::Whole), None, Some(CatalogCopy::Filling)]);
    fleet.take_out(n(2), Reason::Failed)?;
    assert_eq!(of(&fleet), [Some(CatalogCopy::Whole), None, None]);
    assert_eq!(fleet.set_catalog(&copies), Err(Fault::Out(n(2))));
    fleet.let_in(n(2))?;
    assert_eq!(of(&fleet), [Some(CatalogCopy::Whole), None, None]);
    Ok(())
}

#[test]
fn one_copy_is_noted_without_a_word_of_the_others() -> Outcome {
    let rig = Rig::new(4, 1);
    let fleet = rig.open(&rig.all())?;
    let of = |fleet: &Fleet| fleet.roster().entries.iter().map(|entry| entry.catalog).collect::<Vec<_>>();
    let (whole, filling) = (Some(CatalogCopy::Whole), Some(CatalogCopy::Filling));
    fleet.set_catalog(&BTreeMap::from([(n(0), CatalogCopy::Whole)]))?;
    fleet.set_copy(n(2), filling)?;
    fleet.set_copy(n(3), filling)?;
    fleet.set_copy(n(3), None)?;
    fleet.set_copy(n(2), whole)?;
    assert_eq!(of(&fleet), [whole, None, whole, None]);
    fleet.take_out(n(3), Reason::Failed)?;
    assert_eq!(fleet.set_copy(n(3), filling), Err(Fault::Out(n(3))));
    assert_eq!(fleet.set_copy(n(9), filling), Err(Fault::Unknown(n(9))));
    // It is out before it could be trusted.
    rig.disks[1].set_broken(true);
    assert_eq!(fleet.set_copy(n(1), whole), Err(Fault::Out(n(1))));
    assert_eq!(of(&fleet), [whole, None, whole, None]);
    Ok(())
}

#[test]
fn the_last_one_who_holds_the_whole_catalog_neither_goes_nor_is_forgotten() -> Outcome {
    let rig = Rig::new(5, 1);
    let fleet = rig.open(&rig.all())?;
    fleet.set_catalog(&BTreeMap::from([(n(0), CatalogCopy::Whole), (n(1), CatalogCopy::Whole)]))?;
    fleet.set_copy(n(2), Some(CatalogCopy::Filling))?;
    fleet.take_out(n(0), Reason::Failed)?;
    let refused = |outcome: Result<(), Fault>| matches!(outcome, Err(Fault::LastCatalog { holders }) if holders.len() == 1 && holders[0].number == n(1));
    assert!(refused(fleet.take_out(n(1), Reason::Hung)));
    assert!(refused(fleet.remove(n(1))));
    assert!(refused(fleet.set_copy(n(1), None)));
    assert!(refused(fleet.set_catalog(&BTreeMap::new())));
    // Nor with a change of something else that it does not take.
    rig.disks[1].set_broken(true);
    assert!(refused(fleet.drain(n(3))));
    rig.disks[1].set_broken(false);
    drop(fleet);
    // Nor at a start without it, which leaves everything as it was.
    let without_1 = rig.open(&[0, 2, 3, 4]).map(drop);
    let Err(OpenFault::Change(fault @ Fault::LastCatalog { .. })) = without_1 else {
        panic!("{without_1:?}")
    };
    assert!(fault.to_string().contains("it is on device 1 (id "), "{fault}");
    let given_up = rig.open_without(&[0, 2, 3, 4], &[1]).map(drop);
    assert!(matches!(given_up, Err(OpenFault::Change(Fault::LastCatalog { .. }))), "{given_up:?}");
    let fleet = rig.open(&rig.all())?;
    assert_eq!(fleet.roster().entry(n(1)).and_then(|entry| entry.catalog), Some(CatalogCopy::Whole));
    drop(fleet);
    let offers = [0, 2, 3, 4].map(|at| rig.offer(at)).into();
    let fleet = Fleet::open_without_catalog(offers, &numbers(&[1]), rig.options())?;
    assert_eq!(states(&fleet)[1], State::Removed);
    Ok(())
}

#[test]
fn a_device_drains_is_removed_and_never_comes_back() -> Outcome {
    let rig = Rig::new(3, 1);
    let fleet = rig.open(&rig.all())?;
    fleet.drain(n(1))?;
    assert_eq!(states(&fleet)[1], State::Draining);
    fleet.let_in(n(1))?;
    fleet.drain(n(1))?;
    fleet.remove(n(1))?;
    assert_eq!(fleet.let_in(n(1)), Err(Fault::Removed(n(1))));
    assert_eq!(fleet.drain(n(1)), Err(Fault::Removed(n(1))));
    drop(fleet);
    let fleet = rig.open(&rig.all())?;
    assert_eq!(states(&fleet), [State::In, State::Removed, State::In]);
    assert_eq!(fleet.slots().len(), 2);
    Ok(())
}

#[test]
fn a_zone_is_kept_until_another_one_is_given() -> Outcome {
    let rig = Rig::new(1, 1);
    let start = |zone: Option<&str>| {
        let offer = Offer { zone: zone.and_then(Zone::parse), ..rig.offer(0) };
        let fleet = Fleet::open(vec![offer], &numbers(&[]), rig.options())?;
        Ok::<_, OpenFault>(fleet.roster().entries[0].zone.as_ref().map(ToString::to_string))
    };
    assert_eq!(start(Some("a"))?.as_deref(), Some("a"));
    assert_eq!(start(None)?.as_deref(), Some("a"));
    assert_eq!(start(Some("b"))?.as_deref(), Some("b"));
    Ok(())
}

/// Directories that go when the test ends well.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("strongroom-devices-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Self(dir)
    }

    fn offer(&self, name: &str) -> Result<Offer, OpenFault> {
        Offer::at(&self.0.join(name), None)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

fn real() -> Options {
    Options { deadline: Some(std::time::Duration::from_secs(60)), ..Rig::new(0, 5).options() }
}

#[test]
fn real_directories_are_locked_and_strangers_get_not_even_a_lock() -> Outcome {
    let scratch = Scratch::new("locked");
    let fleet = Fleet::open(vec![scratch.offer("d1")?, scratch.offer("d2")?], &numbers(&[]), real())?;
    assert!(matches!(scratch.offer("d2"), Err(OpenFault::Busy { .. })));
    drop(fleet);
    let twice = [(scratch.0.join("d3"), None), (scratch.0.join("./d3"), None)];
    assert!(matches!(Offer::all(&twice, real().deadline), Err(OpenFault::Twice { .. })));
    fs::create_dir(scratch.0.join("home"))?;
    fs::write(scratch.0.join("home/letter.txt"), "dear")?;
    assert!(matches!(scratch.offer("home"), Err(OpenFault::Strangers { .. })));
    assert_eq!(fs::read_dir(scratch.0.join("home"))?.count(), 1);
    let given = ["d2", "d1", "home/letter.txt"].map(|name| (scratch.0.join(name), None));
    let again = Fleet::open(Offer::all(&given, real().deadline)?, &numbers(&[]), real())?;
    assert_eq!(states(&again), [State::In; 2]);
    Ok(())
}

#[test]
fn a_device_that_does_not_know_itself_is_missing_beside_others_and_refused_alone() -> Outcome {
    let scratch = Scratch::new("nameless");
    let given = ["d1", "d2", "d3"].map(|name| (scratch.0.join(name), None));
    drop(Fleet::open(Offer::all(&given, None)?, &numbers(&[]), real())?);
    fs::write(scratch.0.join("d2/device"), "noise")?;
    fs::write(scratch.0.join("d2/roster"), "noise")?;
    for deadline in [None, real().deadline] {
        let fleet = Fleet::open(Offer::all(&given, deadline)?, &numbers(&[]), real())?;
        assert_eq!(states(&fleet), [State::In, out(Reason::Missing), State::In]);
        assert!(matches!(Offer::all(&given[1..2], deadline), Err(OpenFault::Nameless { .. })));
    }
    Ok(())
}

#[test]
fn volumes_open_on_a_registered_device_and_it_is_a_member_again() -> Outcome {
    let scratch = Scratch::new("volumes");
    for _ in 0..2 {
        let fleet = Fleet::open(vec![scratch.offer("d1")?], &numbers(&[]), real())?;
        assert_eq!(states(&fleet), [State::In]);
        let slot = fleet.slots().remove(0);
        let set = VolumeSet::open(slot.disk, volume::Options::default())?;
        assert_eq!(identity::read(&RealDisk::at(scratch.0.join("d1"))?)?, Some(slot.device));
        set.close()?;
    }
    Ok(())
}
