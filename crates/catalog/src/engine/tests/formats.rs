//! Formats that were ever released still open.

use bytes::Bytes;
use model::Ordinal;

use super::harness::{Scratch, scan_index};
use crate::engine::{Applied, Index, LmdbIndex, LmdbOptions};

#[test]
fn the_frozen_index_of_format_1_still_opens() {
    let scratch = Scratch::new();
    scratch.disk();
    std::fs::create_dir(scratch.path("index")).unwrap();
    let fixture = include_bytes!("../index/fixtures/index-format-1.mdb");
    std::fs::write(scratch.path("index/data.mdb"), fixture).unwrap();
    let index = LmdbIndex::open(&scratch.disk(), LmdbOptions::default()).unwrap();
    let applied = Applied { sequence: 42, ordinal: Ordinal::from_u64(4_242) };
    assert_eq!(index.applied().unwrap(), applied);
    let rows = [(b"bucket/key".to_vec(), Bytes::from_static(b"value")), (b"other".to_vec(), Bytes::new())];
    assert_eq!(scan_index(&index), rows);
    assert_eq!(index.read().unwrap().get(b"other").unwrap(), Some(Bytes::new()));
}
