//! Random batches, and a BTreeMap that says what must be there.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use world::SeededRandom;

use super::ram::{Ram, Rows, applied, apply, key, numbered, put_all, scan};
use crate::engine::index::Index;

/// Short keys that meet often, long ones, and neighbours that differ in their last byte.
fn any_key(random: &SeededRandom) -> Vec<u8> {
    match random.below(8) {
        0 => vec![b'k'; 1 + random.below(crate::KEY_BYTES_MAX as u64) as usize],
        1 => (0..random.below(4)).map(|_| random.below(256) as u8).collect(),
        2 => [&vec![b'p'; 900][..], &(random.below(300) as u16).to_be_bytes()].concat(),
        _ => key(random.below(3_000) as u32),
    }
}

fn any_value(random: &SeededRandom) -> Bytes {
    let bytes = match random.below(40) {
        0 => random.below(70_000),
        1..4 => random.below(9_000),
        4..8 => 1_000 + random.below(50),
        _ => random.below(200),
    };
    Bytes::from(vec![random.below(256) as u8; bytes as usize])
}

/// Some neighbours at once, as a memtable brings them, or rows from anywhere.
fn any_batch(random: &SeededRandom) -> BTreeMap<Vec<u8>, Option<Bytes>> {
    let deletions = [5, 30, 95][random.below(3) as usize];
    let first = random.below(3_000);
    let (count, near) = (random.below(400), random.below(2) == 0);
    let row = |number| {
        let key = if near { key((first + number) as u32) } else { any_key(random) };
        (key, (random.below(100) >= deletions).then(|| any_value(random)))
    };
    (0..count).map(row).collect()
}

fn compare(index: &dyn Index, model: &Rows, random: &SeededRandom) {
    let read = index.read().unwrap();
    assert_eq!(scan(&*read).unwrap(), *model);
    let mut cursor = read.cursor(b"").unwrap();
    for _ in 0..60 {
        let (start, end) = (any_key(random), any_key(random));
        assert_eq!(read.get(&start).unwrap().as_ref(), model.get(&start));
        let last = model.range(..end.clone()).next_back().map(|(key, _)| key.clone());
        let expected = last.filter(|last| *last >= start);
        assert_eq!(read.last_key_before(&start, &end).unwrap(), expected);
        cursor.seek(&start).unwrap();
        let mut following = model.range(start..);
        for _ in 0..random.below(30) {
            let expected = following.next().map(|(key, value)| (&key[..], &value[..]));
            assert_eq!(cursor.key(), expected.map(|(key, _)| key));
            assert_eq!(cursor.row().unwrap(), expected);
            cursor.advance().unwrap();
        }
    }
}

#[test]
fn random_batches_equal_a_map_over_reopens_and_for_pinned_readers() {
    for seed in 0..40 {
        let random = SeededRandom::new(seed);
        let device = Ram::default();
        // Some have no cache at all.
        let open = || device.index_with([0, 64 << 10, 64 << 20][seed as usize % 3]).unwrap();
        let (mut index, mut model) = (open(), Rows::new());
        let mut pinned = VecDeque::new();
        for step in 0..30 {
            apply(&index, &mut model, &any_batch(&random)).unwrap();
            compare(&index, &model, &random);
            pinned.push_back((index.read().unwrap(), model.clone()));
            if pinned.len() > 4 {
                let (read, then) = pinned.pop_front().unwrap();
                assert_eq!(scan(&*read).unwrap(), then, "seed {seed}, step {step}");
            }
            let verified = index.verify(b"", u64::MAX).unwrap();
            assert_eq!((verified.rows, verified.next), (model.len() as u64, None));
            if random.below(5) == 0 {
                pinned.clear();
                drop(index);
                index = open();
                compare(&index, &model, &random);
            }
        }
    }
}

/// Neighbours part only at their ends and groups at their beginnings: branches hold long keys, and few of them.
fn tall_key(number: u64) -> Vec<u8> {
    let (group, member) = ((number / 16) as u16, (number % 16) as u8);
    [&group.to_be_bytes()[..], &[b'-'; 700], &[member]].concat()
}

#[test]
fn tall_trees_equal_a_map_while_whole_ranges_go_and_their_gaps_are_filled() {
    let (mut tallest, mut fell) = (0, 0);
    for seed in 0..20 {
        let random = SeededRandom::new(seed);
        let device = Ram::default();
        let (index, mut model) = (device.index().unwrap(), Rows::new());
        let mut edge = 0;
        for step in 0..60_u8 {
            let mut batch = BTreeMap::new();
            let mut put = |number, gone: bool| {
                let value = vec![step; random.below(900) as usize];
                batch.insert(tall_key(number), (!gone).then(|| Bytes::from(value)));
            };
            let (first, many) = (random.below(6_000), [60, 2_500][random.below(2) as usize]);
            match random.below(4) {
                // Nearly all, for the last few to be joined with what is beside them.
                0 => (first..first + random.below(many)).for_each(|at| put(at, random.below(100) < 97)),
                1 => {
                    edge = first + random.below(many);
                    (first..edge).for_each(|at| put(at, true));
                }
                2 => (edge.saturating_sub(random.below(many))..edge).for_each(|at| put(at, false)),
                _ => (0..random.below(300)).for_each(|_| put(random.below(6_000), random.below(10) == 0)),
            }
            let before = index.now().meta.height;
            apply(&index, &mut model, &batch).unwrap_or_else(|fault| panic!("{seed}, {step}: {fault}"));
            (tallest, fell) = (tallest.max(before), fell + u32::from(index.now().meta.height < before));
            let read = index.read().unwrap();
            assert_eq!(scan(&*read).unwrap(), model, "seed {seed}, step {step}");
            for (key, value) in model.iter().skip(usize::from(step) % 7).step_by(7) {
                assert_eq!(read.get(key).unwrap().as_ref(), Some(value), "seed {seed}, step {step}");
            }
            let verified = index.verify(b"", u64::MAX).unwrap();
            assert_eq!((verified.rows, verified.next), (model.len() as u64, None));
        }
    }
    assert!(tallest >= 5 && fell > 10, "{tallest} levels at most, {fell} times fewer");
}

#[test]
fn values_of_every_size_come_back() {
    let device = Ram::default();
    let sizes = [0, 1, 1023, 1024, 1025, 4095, 4096, 4097, 16 << 10, 1 << 20, crate::VALUE_BYTES_MAX];
    let rows: Rows = sizes.map(|bytes| (key(bytes as u32), Bytes::from(vec![7; bytes]))).into();
    put_all(&device.index().unwrap(), &rows);
    assert_eq!(scan(&*device.index().unwrap().read().unwrap()).unwrap(), rows);
}

#[test]
fn how_far_it_has_got_is_durable_with_the_rows() {
    let device = Ram::default();
    let index = device.index().unwrap();
    assert_eq!(index.applied().unwrap(), applied(0));
    index.apply(&mut [(&b"a"[..], Some(&b"1"[..]))].into_iter(), Some(applied(7))).unwrap();
    index.apply(&mut [(&b"b"[..], None)].into_iter(), None).unwrap();
    assert_eq!(index.applied().unwrap(), applied(7));
    drop(index);
    assert_eq!(device.index().unwrap().applied().unwrap(), applied(7));
}

#[test]
fn a_walk_in_pieces_proves_every_row_once() {
    let device = Ram::default();
    let index = device.index().unwrap();
    put_all(&index, &numbered(0..2_000, 300));
    let (mut start, mut rows, mut calls) = (Vec::new(), 0, 0);
    loop {
        let verified = index.verify(&start, 50_000).unwrap();
        (rows, calls) = (rows + verified.rows, calls + 1);
        match verified.next {
            Some(next) => start = next,
            None => break,
        }
    }
    assert_eq!(rows, 2_000);
    assert!((10..25).contains(&calls), "{calls} calls");
}

#[test]
#[should_panic(expected = "in order")]
fn rows_out_of_order_are_a_mistake_of_the_program() {
    let rows: [(&[u8], Option<&[u8]>); 2] = [(b"b", None), (b"a", None)];
    let _ = Ram::default().index().unwrap().apply(&mut rows.into_iter(), None);
}
