//! Every checked-in corpus, replayed without libFuzzer: what a fuzzer once found stays found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::TARGETS;

/// Corpora are specimens to read, not everything that a fuzzer kept.
const FILES_MAX: usize = 40;
const FILE_BYTES_MAX: usize = 4096;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Names and bytes, in order.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder("corpus").join(target))
        .unwrap_or_else(|error| panic!("the corpus of {target}: {error}"))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Names of what lies in a folder, without their endings.
fn names(name: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_corpus_is_replayed_without_a_panic() {
    let mut failed = Vec::new();
    for (target, run) in TARGETS {
        for (name, bytes) in corpus(target) {
            if std::panic::catch_unwind(|| run(&bytes)).is_err() {
                failed.push(format!("{target}/{name}"));
            }
        }
    }
    assert!(failed.is_empty(), "of the corpus these fail: {failed:#?}");
}

#[test]
fn every_target_has_a_small_corpus_and_a_binary() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(target, _)| (*target).to_owned()).collect();
    assert_eq!(names("corpus"), targets);
    assert_eq!(names("fuzz_targets"), targets);
    for target in &targets {
        let files = corpus(target);
        assert!((5..=FILES_MAX).contains(&files.len()), "{target} has {} files", files.len());
        for (name, bytes) in files {
            assert!(bytes.len() <= FILE_BYTES_MAX, "{target}/{name} has {} bytes", bytes.len());
        }
    }
}

/// Any prefix of a specimen, and any one byte of it changed: a poor man's fuzzer that every test run pays for.
#[test]
fn every_specimen_may_be_cut_and_bent() {
    for (target, run) in TARGETS {
        for (_, bytes) in corpus(target) {
            for step in 1..=4 {
                let at = bytes.len() * step / 5;
                run(&bytes[..at]);
                let mut bent = bytes.clone();
                if let Some(byte) = bent.get_mut(at) {
                    *byte ^= 1 << (2 * step - 2);
                    run(&bent);
                }
            }
        }
    }
}
