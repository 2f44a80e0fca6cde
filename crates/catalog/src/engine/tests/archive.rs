//! An archive is handed what goes into the index, and what it answers goes in with it.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use model::Ordinal;

use super::harness::{Device, commit, put, scan_index};
use crate::engine::mirror::Unwatched;
use crate::engine::{Archive, Changed, Engine, Index, IndexRead, MemIndex, Member};
use crate::{Fault, Write};

type Kept = (Ordinal, Ordinal, Vec<Changed>);

/// Names what it kept by rows that begin with a tilde.
#[derive(Default)]
struct Notebook(Mutex<Vec<Kept>>);

fn name(to: Ordinal) -> Vec<u8> {
    [b"~", &to.as_u64().to_be_bytes()[..]].concat()
}

impl Archive for Notebook {
    fn keep(
        &self,
        _: &dyn IndexRead,
        applied: Ordinal,
        reaches: Ordinal,
        rows: &mut dyn Iterator<Item = Changed>,
    ) -> Result<Vec<Changed>, Fault> {
        self.0.lock().unwrap().push((applied, reaches, rows.collect()));
        Ok(vec![(name(reaches).into(), Some(Bytes::from_static(b"kept")))])
    }

    fn applied(&self) {}

    fn after(&self, applied: Ordinal) -> Range<Vec<u8>> {
        name(Ordinal::from_u64(applied.as_u64() + 1))..vec![b'~' + 1]
    }
}

fn open(device: &Device, notebook: &Arc<Notebook>) -> Engine {
    let index = Box::new(MemIndex::on(device.state.clone()));
    let member = Member { number: 0, disk: device.disk.clone(), index };
    let archive: Arc<dyn Archive> = notebook.clone();
    Engine::open_archived(
        vec![member],
        Arc::new(Unwatched),
        Some(archive),
        device.clock.clone(),
        device.options,
    )
    .unwrap()
}

fn keys(device: &Device) -> Vec<Vec<u8>> {
    scan_index(&MemIndex::on(device.state.clone())).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn what_goes_into_the_index_is_archived_once_and_named_beside_it() {
    let (device, notebook) = (Device::small(), Arc::<Notebook>::default());
    let mut engine = open(&device, &notebook);
    // More rows than one transaction takes, and keys on both sides of the name.
    let writes = (0..120).map(|n| put(&format!("key {n:03}"), "old")).chain([put("\u{7f}after", "value")]);
    let first = commit(&mut engine, writes.collect()).unwrap();
    engine.checkpoint().unwrap();
    commit(&mut engine, vec![put("key 001", "new"), Write::delete("key 002")]).unwrap();
    let second = commit(&mut engine, vec![put("key 001", "newest")]).unwrap();
    engine.checkpoint().unwrap();
    engine.checkpoint().unwrap();

    let kept = notebook.0.lock().unwrap();
    let spans: Vec<_> =
        kept.iter().map(|(applied, reaches, rows)| (*applied, *reaches, rows.len())).collect();
    assert_eq!(spans, [(Ordinal::FIRST, first, 121), (first, second, 2)]);
    let newest = Some(Bytes::from_static(b"newest"));
    assert_eq!(kept[1].2, [(Bytes::from_static(b"key 001"), newest), (Bytes::from_static(b"key 002"), None)]);
    let keys = keys(&device);
    assert!(keys.is_sorted() && keys.len() == 122);
    assert_eq!(keys[119..121], [name(first), name(second)]);
}

#[test]
fn a_name_that_reaches_further_than_the_index_goes_at_the_start() {
    let (device, notebook) = (Device::small(), Arc::<Notebook>::default());
    let mut engine = open(&device, &notebook);
    let first = commit(&mut engine, vec![put("key", "value")]).unwrap();
    engine.checkpoint().unwrap();
    drop(engine);
    let ahead = name(Ordinal::from_u64(first.as_u64() + 5));
    let index = MemIndex::on(device.state.clone());
    index.apply(&mut [(&ahead[..], Some(&b"kept"[..]))].into_iter(), None).unwrap();
    drop(open(&device, &notebook));
    assert_eq!(keys(&device), [b"key".to_vec(), name(first)]);
}
