//! Formats that were ever released still open.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::Ordinal;
use world::Disk as _;

use super::harness::{Scratch, scan_index};
use crate::engine::{Applied, Index, TreeIndex, TreeOptions};

#[test]
fn the_frozen_index_of_format_2_still_opens() {
    let scratch = Scratch::new();
    scratch.disk().create_dir("index").unwrap();
    let fixture = include_bytes!("../index/tree/fixtures/index-format-2.tree");
    std::fs::write(scratch.path("index/tree"), fixture).unwrap();
    let index = TreeIndex::open(&scratch.disk(), TreeOptions::default()).unwrap();
    let reached = Applied { sequence: 42, ordinal: Ordinal::from_u64(4_242) };
    assert_eq!(index.applied().unwrap(), reached);
    // Three levels: long keys, an empty value, one in its row, one outside.
    let mut rows: BTreeMap<_, _> =
        (b'a'..b'i').map(|letter| (vec![letter; 1_500], Bytes::from(vec![letter; 900]))).collect();
    rows.insert(b"bucket/key".to_vec(), Bytes::from_static(b"value"));
    rows.insert(b"large".to_vec(), Bytes::from(vec![7; 5_000]));
    rows.insert(b"other".to_vec(), Bytes::new());
    assert_eq!(scan_index(&index), rows.into_iter().collect::<Vec<_>>());
    assert_eq!(index.read().unwrap().get(b"other").unwrap(), Some(Bytes::new()));
    index.apply(&mut [(&b"other"[..], None)].into_iter(), None).unwrap();
    assert_eq!(index.read().unwrap().get(b"other").unwrap(), None);
}
