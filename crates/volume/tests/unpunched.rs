//! A file system that takes no blocks of a file back: the dead stay where they were until their volume goes, and are
//! neither records nor damage.

mod support;

use std::io;
use std::sync::Arc;

use proptest::prelude::{any, proptest};
use support::{Outcome, Scratch, body, fill, small, writer};
use volume::format::{Seed, hole};
use volume::{Extent, Fault, VolumeSet};
use world::{Disk, DiskFile, RealDisk, Space};

struct Stiff(RealDisk);

struct StiffFile(Arc<dyn DiskFile>);

fn stiff(file: io::Result<Arc<dyn DiskFile>>) -> io::Result<Arc<dyn DiskFile>> {
    Ok(Arc::new(StiffFile(file?)))
}

impl Disk for Stiff {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.0.create_dir(path)
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        stiff(self.0.open(path))
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        stiff(self.0.create(path))
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        self.0.exists(path)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.0.remove(path)
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.0.list(dir)
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.0.sync_dir(dir)
    }
    fn space(&self) -> io::Result<Space> {
        self.0.space()
    }
}

impl DiskFile for StiffFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }
    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        self.0.read_cached_at(buf, offset)
    }
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(buf, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.0.allocate(len)
    }
    fn punch(&self, _: u64, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn open(scratch: &Scratch) -> Result<Arc<VolumeSet>, Box<dyn std::error::Error>> {
    Ok(Arc::new(VolumeSet::open(Arc::new(Stiff(RealDisk::at(&scratch.0)?)), small())?))
}

/// Records of two kinds of length, one after the other dead but for every fourth.
fn with_dead(set: &VolumeSet) -> Result<(Vec<Extent>, Vec<Extent>), Box<dyn std::error::Error>> {
    let mut open = writer(set)?;
    let extents = fill(&mut open, &[100_000, 3, 20_000, 5_000].repeat(5))?;
    let (kept, dead): (Vec<_>, Vec<_>) = (0..).zip(extents).partition(|(at, _)| at % 4 == 0);
    let extents = |of: Vec<(usize, Extent)>| of.into_iter().map(|(_, extent)| extent).collect::<Vec<_>>();
    let (kept, dead) = (extents(kept), extents(dead));
    set.delete(&dead[..7])?;
    set.seal(open)?;
    set.delete(&dead)?;
    Ok((kept, dead))
}

fn check(set: &VolumeSet, kept: &[Extent], dead: &[Extent]) -> Outcome {
    for (seed, extent) in (0..).step_by(4).zip(kept) {
        assert_eq!(set.read(extent)?, body(100_000, seed));
    }
    for extent in dead {
        assert!(matches!(set.read(extent), Err(Fault::Gone { .. })));
    }
    let report = set.verify_volume(1)?;
    assert_eq!((report.records, report.corrupt), (kept.len() as u64, 0), "{:?}", report.faults);
    assert_eq!(report.dead_bytes, set.usage().dead_bytes);
    Ok(())
}

#[test]
fn the_set_finds_out_by_itself_whether_blocks_come_back() -> Outcome {
    let scratch = Scratch::new("finds-out");
    assert!(scratch.set()?.punches());
    assert!(!open(&scratch)?.punches());
    Ok(())
}

#[test]
fn the_dead_are_no_damage_over_new_graves_restarts_and_a_lost_ledger() -> Outcome {
    let scratch = Scratch::new("no-damage");
    let set = open(&scratch)?;
    let (kept, dead) = with_dead(&set)?;
    check(&set, &kept, &dead)?;
    for restart in 0..4 {
        let set = open(&scratch)?;
        if restart > 0 {
            // New graves: the old ones are forgotten.
            let mut other = writer(&set)?;
            let extents = fill(&mut other, &[10; 3])?;
            set.delete(&extents)?;
            set.seal(other)?;
        }
        check(&set, &kept, &dead)?;
        if restart % 2 == 0 {
            set.close()?;
        }
    }
    std::fs::remove_file(scratch.0.join("volumes/ledger"))?;
    let set = open(&scratch)?;
    for volume in set.doubtful() {
        set.recount(volume)?;
    }
    check(&set, &kept, &dead)
}

#[test]
fn a_volume_goes_when_the_last_of_it_died() -> Outcome {
    let scratch = Scratch::new("goes");
    let set = open(&scratch)?;
    let (kept, _) = with_dead(&set)?;
    drop(set);
    let set = open(&scratch)?;
    set.delete(&kept)?;
    assert!(!scratch.path(1).exists());
    assert!(set.volumes().is_empty());
    Ok(())
}

#[test]
fn what_one_file_system_left_another_one_goes_on_with() -> Outcome {
    let scratch = Scratch::new("moved");
    let set = open(&scratch)?;
    let (kept, dead) = with_dead(&set)?;
    drop(set);
    let set = scratch.set()?;
    set.free_dead()?;
    check(&set, &kept, &dead)?;
    set.delete(&kept[..2])?;
    assert_eq!(set.verify_volume(1)?.corrupt, 0);
    set.delete(&kept)?;
    assert!(!scratch.path(1).exists());
    Ok(())
}

#[test]
fn the_living_of_one_volume_are_told_with_their_owners() -> Outcome {
    let scratch = Scratch::new("living");
    let set = open(&scratch)?;
    let (kept, _) = with_dead(&set)?;
    fill(&mut writer(&set)?, &[10; 3])?;
    let living = set.survey_volume(1).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(living.iter().map(|orphan| orphan.extent).collect::<Vec<_>>(), kept);
    assert!((0..).step_by(4).zip(&living).all(|(seed, orphan)| orphan.owner == format!("owner {seed}")));
    Ok(())
}

proptest! {
    #[test]
    fn a_note_reads_back_in_its_place_and_any_other_bytes_are_none(
        (seed, block, blocks) in (any::<u64>(), 1..1_u64 << 30, 1..1_u64 << 20),
        other: [u8; hole::NOTE_BYTES],
    ) {
        let (start, end) = (block << 12, (block + blocks) << 12);
        let bytes = hole::encode(Seed(seed), start, end);
        let (header, note) = bytes.split_at(hole::HOLE_BYTES - hole::NOTE_BYTES);
        let note: &[u8; hole::NOTE_BYTES] = note.first_chunk().expect("a note");
        assert!(header.iter().all(|byte| *byte == 0));
        assert_eq!(hole::decode(note, Seed(seed), start), Some(end));
        assert_eq!(hole::decode(note, Seed(seed), start + 4096), None);
        assert_eq!(hole::decode(note, Seed(seed ^ 1), start), None);
        assert_eq!(hole::decode(&other, Seed(seed), start), None);
    }
}
