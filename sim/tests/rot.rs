//! Bits that flip on the device: what is read is right, or it is called corrupt.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use catalog::{Engine, Fault, MemIndex, MemState, Options, Plan, View, Write};
use model::{Ordinal, Timestamp};
use sim::invariants::{owner, payload};
use sim::{Dice, SimDisk};
use volume::{Extent, Record, VolumeSet};
use world::{Disk, ManualClock, SeededRandom};

fn volumes(disk: &SimDisk) -> VolumeSet {
    let options = volume::Options {
        volume_size_bytes_first: 64 << 10,
        volume_size_bytes_max: 64 << 10,
        random: Arc::new(SeededRandom::new(1)),
        ..volume::Options::default()
    };
    VolumeSet::open(disk.port(), options).expect("the volumes open")
}

/// Two volumes of records, one of them sealed.
fn filled(disk: &SimDisk) -> BTreeMap<Extent, Bytes> {
    let set = volumes(disk);
    let mut expected = BTreeMap::new();
    for id in 0..2 {
        set.prepare().expect("there is room");
        let mut writer = set.take_writer().expect("a volume opens").expect("one is ready");
        for id in id * 6..id * 6 + 6 {
            let bytes = payload(id, 700 * id as usize);
            let record = Record::new(owner(id, bytes.len()), vec![bytes.clone()]).expect("a record");
            let extents = writer.append_batch(&[record]).expect("an append");
            expected.insert(extents[0], bytes);
        }
        if id == 0 {
            set.seal(writer).expect("a seal");
        } else {
            set.hand_back(writer);
        }
    }
    set.close().expect("an orderly end");
    expected
}

/// Flips bits of one byte somewhere in the files below a directory that a name's end chooses.
fn rot_somewhere(disk: &SimDisk, directory: &str, ending: &str, dice: &Dice) -> String {
    let names = disk.list(directory).expect("a directory");
    let names: Vec<String> = names.into_iter().filter(|name| name.ends_with(ending)).collect();
    let path = format!("{directory}/{}", dice.pick(&names).expect("a file"));
    let len = disk.open(&path).and_then(|file| file.len()).expect("a length");
    let offset = dice.below(len);
    disk.rot(&path, offset, 1 << dice.below(8)).expect("the file is there");
    format!("{path} at {offset}")
}

#[test]
fn a_rotten_byte_of_a_volume_is_never_read_as_a_good_one() {
    let mut found = 0;
    for seed in 0..400 {
        let dice = Dice::new(seed);
        let disk = SimDisk::new(seed);
        let expected = filled(&disk);
        let place = rot_somewhere(&disk, "volumes", ".vol", &dice);
        let set = volumes(&disk.restart(seed));
        for (extent, bytes) in &expected {
            match set.read(extent) {
                Ok(read) => assert_eq!(read, bytes, "{place}: {extent:?}"),
                Err(fault) => {
                    assert!(fault.is_corruption(), "{place}: {extent:?}: {fault}");
                    found += 1;
                }
            }
        }
    }
    assert!(found > 50, "rot was met {found} times");
}

/// Puts one row; each such plan is a batch of its own.
struct Put(u64);

impl Plan for Put {
    fn decide(&mut self, _: &dyn View, _: Ordinal) -> Result<Vec<Write>, Fault> {
        Ok(vec![Write::put(format!("key/{:04}", self.0), payload(self.0, 300))])
    }

    fn settle(self: Box<Self>, outcome: Result<Ordinal, Fault>) {
        outcome.expect("a commit");
    }
}

fn engine(disk: &SimDisk, index: &Arc<MemState>) -> Result<Engine, Fault> {
    let options =
        Options { segment_bytes_first: 32 << 10, segment_bytes_max: 32 << 10, ..Options::default() };
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000)));
    Engine::open(disk.port(), Box::new(MemIndex::on(index.clone())), clock, options)
}

const BATCHES: u64 = 20;

/// Whether a journal whose rotten place is `rot` said so; if not, how many of its batches are there.
fn after_rot(seed: u64, rot: impl FnOnce(&SimDisk) -> String) -> Option<u64> {
    let (disk, index) = (SimDisk::new(seed), Arc::default());
    let mut engine = engine(&disk, &index).expect("a fresh journal");
    (0..BATCHES).for_each(|number| engine.commit_batch([Box::new(Put(number)) as Box<dyn Plan>]));
    drop(engine);
    let place = rot(&disk);
    match self::engine(&disk.restart(seed), &index) {
        Ok(engine) => {
            let there = |number: &u64| {
                let row = engine.get(format!("key/{number:04}").as_bytes()).expect("a read");
                row.inspect(|row| assert_eq!(*row, payload(*number, 300), "{place}")).is_some()
            };
            let rows = (0..BATCHES).filter(there).count() as u64;
            // A rotten last batch looks like one that was torn before it was acknowledged.
            assert!(rows >= BATCHES - 1, "{place}: {rows} rows are left");
            Some(rows)
        }
        Err(fault) => {
            assert!(matches!(fault, Fault::Corrupt { .. }), "{place}: {fault}");
            None
        }
    }
}

#[test]
fn a_rotten_byte_of_the_journal_costs_at_most_the_last_batch_or_is_called_corrupt() {
    let (mut whole, mut refused) = (0, 0);
    for seed in 0..400 {
        let dice = Dice::new(seed);
        match after_rot(seed, |disk| rot_somewhere(disk, "journal", ".seg", &dice)) {
            Some(rows) => whole += u64::from(rows == BATCHES),
            None => refused += 1,
        }
    }
    assert!(whole > 50 && refused > 20, "{whole} whole, {refused} refused");
}

/// Headers and what they head: of each batch's block the bytes that hold something, and some that do not.
#[test]
fn any_byte_of_the_journal_may_flip() {
    const BLOCK_BYTES: u64 = 4096;
    for offset in (0..BATCHES / 2 * BLOCK_BYTES).filter(|offset| offset % BLOCK_BYTES < 400) {
        after_rot(1, |disk| {
            let names = disk.list("journal").expect("a directory");
            let first = names.iter().filter(|name| name.ends_with(".seg")).min().expect("a segment");
            let path = format!("journal/{first}");
            if offset < disk.open(&path).and_then(|file| file.len()).expect("a length") {
                disk.rot(&path, offset, 1 << (offset % 8)).expect("the file is there");
            }
            format!("{path} at {offset}")
        });
    }
}
