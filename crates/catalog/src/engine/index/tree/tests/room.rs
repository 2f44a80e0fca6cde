//! Pages are used again, given back, and enough of them kept.

use std::sync::atomic::Ordering;

use super::ram::{Ram, Rows, apply, delete_all, key, numbered, put_all, scan};
use crate::Fault;
use crate::engine::index::Index;
use crate::engine::index::tree::piece::{PAGE_BYTES, Piece};
use crate::engine::index::tree::space::{PAGES_MIN, REGION_PAGES, Space};
use crate::engine::index::tree::txn::allocate;
use crate::engine::index::tree::{TreeIndex, loaded, pages_of};

fn used_pages(index: &TreeIndex) -> u64 {
    index.reserve().unwrap();
    index.writer().space.as_ref().unwrap().used_pages()
}

#[test]
fn mass_deletion_shrinks_the_tree_and_then_the_file() {
    let device = Ram::default();
    let index = device.index().unwrap();
    let empty = used_pages(&index);
    let rows = numbered(0..20_000, 300);
    put_all(&index, &rows);
    let (full, length) = (used_pages(&index), device.bytes().len());
    // Nine of ten, in small batches from all over.
    for round in 0..90 {
        let gone = rows.keys().enumerate().filter(|(at, _)| at % 100 == round);
        delete_all(&index, gone.map(|(_, key)| key)).unwrap();
    }
    let left = used_pages(&index);
    assert!(left - empty < (full - empty) / 5, "{left} pages of {full} for a tenth of the rows");
    let rest: Vec<_> = rows.keys().enumerate().filter(|(at, _)| at % 100 >= 90).map(|(_, key)| key).collect();
    assert_eq!(scan(&*index.read().unwrap()).unwrap().len(), rest.len());
    delete_all(&index, rest.into_iter()).unwrap();
    // The bitmap and the records: nothing of the tree is left.
    assert_eq!(used_pages(&index), empty);
    put_all(&index, &numbered(0..1, 1));
    index.reserve().unwrap();
    assert!(device.bytes().len() < length / 4, "{} of {length} bytes", device.bytes().len());
}

#[test]
fn overwriting_the_same_rows_reuses_their_pages() {
    let device = Ram::default();
    let index = device.index().unwrap();
    let rows = numbered(0..2_000, 2_000);
    (0..3).for_each(|_| put_all(&index, &rows));
    let length = device.bytes().len();
    (0..20).for_each(|_| put_all(&index, &rows));
    assert_eq!(device.bytes().len(), length);
}

#[test]
fn a_reader_holds_its_pages_and_its_end_frees_them() {
    let device = Ram::default();
    let index = device.index().unwrap();
    let rows = numbered(0..1_000, 1_000);
    put_all(&index, &rows);
    let read = index.read().unwrap();
    let then = scan(&*read).unwrap();
    for round in 0..10 {
        put_all(&index, &numbered(0..1_000, 900 + round));
    }
    assert_eq!(scan(&*read).unwrap(), then);
    let held = device.bytes().len();
    drop(read);
    (0..20).for_each(|round| put_all(&index, &numbered(0..1_000, 900 + round)));
    assert!(device.bytes().len() <= held);
}

#[test]
fn a_length_that_a_failed_transaction_changed_is_synced_by_the_next_one() {
    let device = Ram::default();
    let index = device.index().unwrap();
    let file = device.tree();
    let is_durable = || file.durable_length.load(Ordering::Relaxed) == device.bytes().len() as u64;
    let rows = numbered(0..500, 900);
    let batch = rows.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
    file.sync_fails.store(true, Ordering::Relaxed);
    assert!(apply(&index, &mut Rows::new(), &batch).is_err());
    assert!(!is_durable());
    apply(&index, &mut Rows::new(), &batch).unwrap();
    assert!(is_durable());
    file.sync_fails.store(true, Ordering::Relaxed);
    assert!(index.reserve().is_err());
    index.reserve().unwrap();
    assert!(is_durable());
}

#[test]
fn a_file_of_several_regions_shrinks_to_what_is_left_and_opens_with_its_bitmaps() {
    let device = Ram::default();
    let index = device.index().unwrap();
    let rows = numbered(0..500, 900);
    // All of the first region is taken, so that the rows lie in the second.
    let filler = {
        let mut writer = index.writer();
        let space = loaded(&mut writer.space, &index.now()).unwrap();
        allocate(&*index.pages.file, space, REGION_PAGES).unwrap();
        let pages = REGION_PAGES - PAGES_MIN;
        let page = space.take(pages).unwrap();
        space.commit();
        Piece { page, bytes: pages * PAGE_BYTES as u32, sum: 0 }
    };
    put_all(&index, &rows);
    assert!(device.bytes().len() > REGION_PAGES as usize * PAGE_BYTES);
    {
        let mut writer = index.writer();
        let space = writer.space.as_mut().unwrap();
        space.free(filler).unwrap();
        let freed = space.commit();
        space.release(freed);
    }
    // Written anew, the rows lie in the first.
    (0..3).for_each(|_| put_all(&index, &rows));
    index.reserve().unwrap();
    assert!(device.bytes().len() < 8 << 20, "{} bytes", device.bytes().len());
    drop(index);
    let index = device.index().unwrap();
    let length = pages_of(device.bytes().len() as u64);
    Space::load(&*index.pages.file, &index.now().meta.regions, length).unwrap();
    assert_eq!(scan(&*index.read().unwrap()).unwrap(), rows);
    put_all(&index, &numbered(0..2_000, 900));
    assert_eq!(index.verify(b"", u64::MAX).unwrap().rows, 2_000);
}

#[test]
fn a_full_device_refuses_growth_whole_and_takes_deletions() {
    let device = Ram::default();
    let index = device.index().unwrap();
    let mut rows = numbered(0..1_500, 500);
    put_all(&index, &rows);
    index.reserve().unwrap();
    *device.capacity.lock().unwrap() = device.bytes().len() as u64;
    assert!(index.reserve().is_ok());
    let mut number = 10_000;
    let fault = loop {
        let more: Rows = numbered(number..number + 100, 3_000);
        number += 100;
        match apply(&index, &mut rows, &more.into_iter().map(|(key, value)| (key, Some(value))).collect()) {
            Ok(()) => {}
            Err(fault) => break fault,
        }
    };
    assert!(matches!(fault, Fault::NoSpace), "{fault}");
    assert_eq!(scan(&*index.read().unwrap()).unwrap(), rows, "nothing of the refused batch is there");
    assert!(matches!(index.reserve(), Err(Fault::NoSpace)));
    for first in (0..1_500).step_by(50) {
        delete_all(&index, (first..first + 50).map(key).collect::<Vec<_>>().iter()).unwrap();
        (first..first + 50).for_each(|number| drop(rows.remove(&key(number))));
    }
    drop(index);
    assert_eq!(scan(&*device.index().unwrap().read().unwrap()).unwrap(), rows);
}
