//! Bytes that aren't what was written are never given out, and never mistaken for absence.

mod support;

use std::fs;

use support::{Outcome, Scratch, body, fill, writer};
use volume::{Extent, Fault};

#[test]
fn a_flip_of_any_byte_of_a_record_is_found() -> Outcome {
    let scratch = Scratch::new("flip");
    let set = scratch.set()?;
    let extent = fill(&mut writer(&set)?, &[300, 10])?[0];
    for at in 0..80 + 300 {
        scratch.flip(1, extent.offset + at)?;
        let fault = set.read(&extent).unwrap_err();
        assert!(matches!(fault, Fault::Corrupt { volume: 1, offset: 4096, .. }), "{at}: {fault}");
        assert!(set.read_cached(&extent, &volume::Coding::WHOLE).is_err());
        scratch.flip(1, extent.offset + at)?;
    }
    assert_eq!(set.read(&extent)?, body(300, 0));
    // The owner isn't read with the payload; a scrub proves it too.
    scratch.flip(1, extent.offset + 80 + 300)?;
    let report = set.verify_volume(1)?;
    assert_eq!((report.records, report.corrupt), (1, 1));
    Ok(())
}

#[test]
fn a_reference_that_names_no_record_is_corrupt_and_costs_no_memory() -> Outcome {
    let scratch = Scratch::new("wrong");
    let set = scratch.set()?;
    let extent = fill(&mut writer(&set)?, &[5000])?[0];
    for wrong in [
        Extent { length: 4999, ..extent },
        Extent { length: u32::MAX, ..extent },
        Extent { offset: extent.offset + 4096, length: 100, ..extent },
        Extent { offset: u64::MAX - 4095, ..extent },
        Extent { offset: 1 << 40, ..extent },
        Extent { volume: 77, ..extent },
    ] {
        let fault = set.read(&wrong).unwrap_err();
        assert!(matches!(fault, Fault::Corrupt { .. }), "{wrong:?}: {fault}");
        // Nor can it free anything.
        set.delete(&[wrong])?;
    }
    assert_eq!(set.read(&extent)?, body(5000, 0));
    Ok(())
}

#[test]
fn a_lost_ledger_costs_a_walk_and_no_record() -> Outcome {
    for lost in ["removed", "damaged"] {
        let scratch = Scratch::new("ledger");
        let set = scratch.set()?;
        let mut sealed = writer(&set)?;
        let mut extents = fill(&mut sealed, &[50_000; 5])?;
        set.seal(sealed)?;
        let mut open = writer(&set)?;
        extents.extend(fill(&mut open, &[50_000; 5])?);
        let dead = [extents.remove(7), extents.remove(2)];
        set.delete(&dead)?;
        drop((open, set));
        let ledger = scratch.0.join("volumes/ledger");
        match lost {
            "removed" => fs::remove_file(&ledger)?,
            _ => fs::write(&ledger, b"SRledger and then something else")?,
        }
        let set = scratch.set()?;
        set.free_dead()?;
        for volume in set.doubtful() {
            set.recount(volume)?;
        }
        for extent in &extents {
            assert_eq!(set.read(extent)?.len(), 50_000);
        }
        for extent in &dead {
            assert!(matches!(set.read(extent), Err(Fault::Gone { .. })));
        }
        let found = set.sweep().collect::<Result<Vec<_>, _>>()?;
        assert_eq!(found.iter().map(|orphan| orphan.extent).collect::<Vec<_>>(), extents);
        // New records never get the number of a volume that may have been.
        assert!(writer(&set)?.volume() > 1000);
    }
    Ok(())
}

#[test]
fn a_missing_volume_reads_as_corrupt_and_the_others_go_on() -> Outcome {
    let scratch = Scratch::new("missing");
    let set = scratch.set()?;
    let mut first = writer(&set)?;
    let lost = fill(&mut first, &[100])?[0];
    set.seal(first)?;
    let kept = fill(&mut writer(&set)?, &[100])?[0];
    drop(set);
    fs::remove_file(scratch.path(lost.volume))?;
    let set = scratch.set()?;
    assert!(matches!(set.read(&lost), Err(Fault::Corrupt { .. })));
    assert_eq!(set.verify_volume(lost.volume)?.corrupt, 1);
    assert_eq!(set.read(&kept)?, body(100, 0));
    Ok(())
}

#[test]
fn a_device_without_its_identity_is_refused_rather_than_given_another() -> Outcome {
    let scratch = Scratch::new("identity");
    drop(scratch.set()?);
    let path = scratch.0.join("device");
    let mut bytes = fs::read(&path)?;
    bytes[20] ^= 1;
    fs::write(&path, &bytes)?;
    assert!(scratch.set().is_err());
    fs::remove_file(&path)?;
    assert!(scratch.set().is_err());
    bytes[20] ^= 1;
    fs::write(&path, &bytes)?;
    scratch.set()?;
    Ok(())
}

#[test]
fn a_volume_of_another_device_is_not_read() -> Outcome {
    let (mine, other) = (Scratch::new("mine"), Scratch::new("other"));
    let set = mine.set()?;
    let extent = fill(&mut writer(&set)?, &[100])?[0];
    drop(set);
    let options =
        volume::Options { random: std::sync::Arc::new(world::SeededRandom::new(2)), ..support::small() };
    let foreign = volume::VolumeSet::open(other.disk()?, options)?;
    fill(&mut writer(&foreign)?, &[100])?;
    fs::copy(other.path(1), mine.path(1))?;
    assert!(matches!(mine.set()?.read(&extent), Err(Fault::Corrupt { .. })));
    Ok(())
}
