//! Rot, cuts and devices that come back with something else.

use bytes::Bytes;

use super::ram::{Ram, Rows, applied, apply, delete_all, key, numbered, put_all, scan};
use crate::Fault;
use crate::engine::index::Index;
use crate::engine::index::tree::meta::{Meta, SLOT_PAGES, SLOTS};
use crate::engine::index::tree::node::Cell;
use crate::engine::index::tree::pack::Entries;
use crate::engine::index::tree::pages::Tree;
use crate::engine::index::tree::piece::PAGE_BYTES;
use crate::engine::index::tree::space::Space;
use crate::engine::index::tree::txn::Txn;
use crate::engine::index::tree::{TreeIndex, pages_of};

/// Three levels, values in their rows and outside; several transactions old.
fn specimen() -> (Ram, Rows) {
    let device = Ram::default();
    let index = device.index().unwrap();
    let mut rows: Rows = numbered(0..60, 100);
    rows.extend([(b"\x01first".to_vec(), Bytes::new()), (b"large".to_vec(), Bytes::from(vec![9; 5_000]))]);
    rows.extend((0..8).map(|number| (vec![b'l' + number; 1_500], Bytes::from(vec![number; 900]))));
    put_all(&index, &rows);
    delete_all(&index, [key(3), key(59)].iter()).unwrap();
    rows.remove(&key(3));
    rows.remove(&key(59));
    index.apply(&mut [(&b"zlast"[..], Some(&b"1"[..]))].into_iter(), Some(applied(4))).unwrap();
    rows.insert(b"zlast".to_vec(), Bytes::from_static(b"1"));
    (device, rows)
}

/// Whatever is asked of a damaged device: the truth, or `Corrupt`. True when nothing was missed.
fn truth_or_corrupt(device: &Ram, rows: &Rows, what: &str) -> bool {
    let judge = |result: Result<(), Fault>| match result {
        Ok(()) => true,
        Err(Fault::Corrupt { .. }) => false,
        Err(fault) => panic!("{what}: {fault}"),
    };
    let index = match device.index_with(1 << 20) {
        Ok(index) => index,
        Err(fault) => return judge(Err(fault)),
    };
    assert_eq!(index.applied().unwrap(), applied(4), "{what}");
    let read = index.read().unwrap();
    let mut whole = judge(scan(&*read).map(|found| assert_eq!(found, *rows, "{what}")));
    for (key, value) in rows {
        whole &= judge(read.get(key).map(|found| assert_eq!(found.as_ref(), Some(value), "{what}")));
        for missing in [&key[..key.len() - 1], &[key, &[0][..]].concat()] {
            whole &= judge(read.get(missing).map(|found| assert_eq!(found, None, "{what}")));
        }
    }
    whole &= judge(read.last_key_before(b"", b"zz").map(|found| assert_eq!(found, Some(b"zlast".to_vec()))));
    assert_eq!(judge(index.verify(b"", u64::MAX).map(|_| ())), whole, "verify finds what reads find: {what}");
    whole
}

#[test]
fn each_byte_flipped_gives_the_truth_or_corrupt() {
    let (device, rows) = specimen();
    let bytes = device.bytes();
    let (mut whole, mut corrupt) = (0, 0);
    for (page, content) in bytes.chunks(PAGE_BYTES).enumerate() {
        // What no one wrote, no one reads: one byte speaks for all.
        let filled = content.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
        for at in (page * PAGE_BYTES..page * PAGE_BYTES + filled).step_by(1) {
            let mut rotten = bytes.clone();
            rotten[at] ^= 1 << (at % 8);
            match truth_or_corrupt(&device.copy_with(rotten), &rows, &format!("byte {at}")) {
                true => whole += 1,
                false => corrupt += 1,
            }
        }
    }
    assert!(whole > 1_000 && corrupt > 10_000, "{whole} whole, {corrupt} corrupt");
}

#[test]
fn a_file_cut_anywhere_gives_the_truth_or_corrupt() {
    let (device, rows) = specimen();
    let bytes = device.bytes();
    for length in (0..bytes.len()).step_by(PAGE_BYTES / 2) {
        truth_or_corrupt(&device.copy_with(bytes[..length].to_vec()), &rows, &format!("{length} bytes"));
    }
}

#[test]
fn a_page_that_holds_another_pages_bytes_is_corrupt() {
    let (device, rows) = specimen();
    let bytes = device.bytes();
    let pages = bytes.len() / PAGE_BYTES;
    for (from, to) in (32..pages).flat_map(|from| (32..pages).map(move |to| (from, to))) {
        let mut swapped = bytes.clone();
        swapped.copy_within(from * PAGE_BYTES..(from + 1) * PAGE_BYTES, to * PAGE_BYTES);
        truth_or_corrupt(&device.copy_with(swapped), &rows, &format!("{from} at {to}"));
    }
}

#[test]
fn any_one_record_may_rot_and_the_index_goes_on() {
    let (device, rows) = specimen();
    for slot in 0..SLOTS {
        let mut rotten = device.bytes();
        rotten[(slot * SLOT_PAGES) as usize * PAGE_BYTES..][..PAGE_BYTES].fill(0xA5);
        let device = device.copy_with(rotten);
        let mut rows = rows.clone();
        assert!(truth_or_corrupt(&device, &rows, &format!("slot {slot}")));
        for round in 0..3_u8 {
            let batch = [(vec![round], Some(Bytes::from_static(b"more")))].into();
            apply(&device.index().unwrap(), &mut rows, &batch).unwrap();
        }
        assert!(truth_or_corrupt(&device, &rows, &format!("after slot {slot}")));
    }
}

#[test]
fn a_rotten_bitmap_is_made_anew_from_the_tree() {
    let (device, mut rows) = specimen();
    let mut rotten = device.bytes();
    rotten[(SLOTS * SLOT_PAGES) as usize * PAGE_BYTES..32 * PAGE_BYTES].fill(0);
    let device = device.copy_with(rotten);
    for round in 0..5_u8 {
        let index = device.index().unwrap();
        apply(&index, &mut rows, &[(vec![round], Some(Bytes::from(vec![round; 3_000])))].into()).unwrap();
        apply(&index, &mut rows, &[(key(u32::from(round) + 10), None)].into()).unwrap();
        assert!(truth_or_corrupt(&device, &rows, &format!("round {round}")));
    }
}

/// Branches, each with the key that the root has of it, of leaves, each with the key that its branch has of it: each
/// letter of theirs is a row.
fn planted(branches: &[(&str, &[(&str, &str)])]) -> TreeIndex {
    let index = Ram::default().index().unwrap();
    let mut space = Space::empty(pages_of(index.pages.file.len().unwrap()));
    let mut txn = Txn::begin(&index.pages, &mut space, 0, 16);
    let mut root = Entries::default();
    for (key, leaves) in branches {
        let mut branch = Entries::default();
        for (key, letters) in *leaves {
            let mut leaf = Entries::default();
            letters.as_bytes().chunks(1).for_each(|row| leaf.push(row, Cell::Inline(row)));
            let piece = txn.write_node(0, &leaf, 0..leaf.len()).unwrap();
            branch.push(key.as_bytes(), Cell::Piece(piece));
        }
        let piece = txn.write_node(1, &branch, 0..branch.len()).unwrap();
        root.push(key.as_bytes(), Cell::Piece(piece));
    }
    let root = txn.write_node(2, &root, 0..root.len()).unwrap();
    txn.write_out().unwrap();
    space.commit();
    index.writer().space = Some(space);
    index.replace(Tree::of(index.pages.clone(), Meta { root, height: 3, ..Meta::default() }).unwrap());
    index
}

#[test]
fn a_row_that_is_not_among_the_keys_of_its_leaf_is_found_by_a_walk() {
    for (key, whole) in [("e", true), ("f", true), ("dd", true), ("ff", false), ("g", false), ("d", false)] {
        let index = planted(&[("", &[("", "bd"), (key, "fh")])]);
        assert_eq!(index.verify(b"", u64::MAX).is_ok(), whole, "{key}");
        assert_eq!(index.verify(b"h", u64::MAX).is_ok(), whole || key == "d", "{key}, from the last row on");
    }
    assert!(planted(&[("", &[("", "db")])]).verify(b"", u64::MAX).is_err());
}

#[test]
fn a_branch_that_begins_before_its_first_key_joins_its_neighbour_with_all_its_rows() {
    // As it is when a leaf of the branch of `k` was emptied, and `m` put where it had been.
    let index = planted(&[("", &[("", "bd")]), ("k", &[("p", "mp"), ("t", "tv")])]);
    index.verify(b"", u64::MAX).unwrap();
    delete_all(&index, [b"d".to_vec()].iter()).unwrap();
    assert_eq!(index.now().meta.height, 2, "the branches joined");
    assert_eq!(index.read().unwrap().get(b"m").unwrap().as_deref(), Some(&b"m"[..]));
    index.verify(b"", u64::MAX).unwrap();
}

#[test]
fn an_index_of_an_earlier_build_is_refused_and_not_taken_for_empty() {
    use world::Disk as _;
    let device = Ram::default();
    device.create("index/data.mdb").unwrap();
    let Err(fault) = device.index() else { panic!("it opens") };
    assert!(fault.to_string().contains("earlier development build"), "{fault}");
    assert!(!device.exists("index/tree").unwrap());
}
