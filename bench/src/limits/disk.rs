//! The disk alone: syncs, sequential writes, and objects stored as a file each.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use world::{AlignedBytes, Disk as _, RealDisk};

use crate::source::noise;

const APPEND_BYTES: usize = 4096;
const SEQUENTIAL_PIECE_BYTES: usize = 1 << 20;

/// Durable appends a second: 4 KiB each, one after the other, into a file whose blocks exist and hold zeros, so
/// that a sync writes data and no metadata.
pub fn sync_rate(dir: &Path, time: Duration) -> anyhow::Result<f64> {
    let path = dir.join("syncs");
    let mut file = File::create_new(&path)?;
    let places = 4096;
    for _ in 0..places / 256 {
        file.write_all(&[0; APPEND_BYTES * 256])?;
    }
    file.sync_all()?;
    let bytes = noise(APPEND_BYTES);
    let started = Instant::now();
    let mut syncs = 0_u64;
    while started.elapsed() < time {
        file.write_all_at(&bytes, syncs % places * APPEND_BYTES as u64)?;
        file.sync_data()?;
        syncs += 1;
    }
    let rate = syncs as f64 / started.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(rate)
}

/// Bytes a second of one file written from start to end and synced once, a new one.
pub fn sequential_rate(dir: &Path, length: u64) -> anyhow::Result<f64> {
    let path = dir.join("sequential");
    let bytes = noise(SEQUENTIAL_PIECE_BYTES);
    let mut file = File::create_new(&path)?;
    let started = Instant::now();
    let mut written = 0_u64;
    while written < length {
        file.write_all(&bytes)?;
        written += bytes.len() as u64;
    }
    file.sync_all()?;
    let rate = written as f64 / started.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(rate)
}

/// Bytes a second, read and written, of bare loops that do what the repair of a device does: some files are read side by
/// side, from start to end, and another of their length is written meanwhile and synced at its end. All around the page
/// cache, as volumes are, so that the disk is measured and not what memory still holds.
pub fn rebuild_rate(dir: &Path, sources: u64, length: u64) -> anyhow::Result<f64> {
    let root = dir.join("rebuild");
    let disk = RealDisk::at(&root)?;
    let files = (0..=sources).map(|file| disk.create(&file.to_string())).collect::<io::Result<Vec<_>>>()?;
    for file in &files {
        file.allocate(length)?;
        stream(length, |piece, offset| file.write_blocks_at(piece, offset))?;
        file.sync_all()?;
    }
    let started = Instant::now();
    std::thread::scope(|scope| {
        let loops: Vec<_> = files
            .iter()
            .enumerate()
            .map(|(number, file)| {
                scope.spawn(move || {
                    if number > 0 {
                        return stream(length, |piece, offset| file.read_blocks_at(piece, offset));
                    }
                    stream(length, |piece, offset| file.write_blocks_at(piece, offset))?;
                    file.sync_data()
                })
            })
            .collect();
        for each in loops {
            each.join().ok().context("a loop over a file fell over")??;
        }
        anyhow::Ok(())
    })?;
    let rate = (length * (sources + 1)) as f64 / started.elapsed().as_secs_f64();
    fs::remove_dir_all(root)?;
    Ok(rate)
}

/// Over a file from start to end.
fn stream(length: u64, mut step: impl FnMut(&mut [u8], u64) -> io::Result<()>) -> io::Result<()> {
    let mut piece = AlignedBytes::from(&noise(SEQUENTIAL_PIECE_BYTES)[..]);
    let steps = length / SEQUENTIAL_PIECE_BYTES as u64;
    (0..steps).try_for_each(|at| step(&mut piece, at * SEQUENTIAL_PIECE_BYTES as u64))
}

/// Objects a second when each is a file of its own, made durable and visible as a careful program does: written
/// under another name, synced, renamed, its directory synced. Every writer has a directory of its own.
pub fn file_per_object_rate(
    dir: &Path,
    writers: usize,
    length: usize,
    time: Duration,
) -> anyhow::Result<f64> {
    let root = dir.join("files");
    let bytes = noise(length);
    let dirs: Vec<PathBuf> = (0..writers).map(|writer| root.join(writer.to_string())).collect();
    for dir in &dirs {
        fs::create_dir_all(dir)?;
    }
    let started = Instant::now();
    let objects = std::thread::scope(|scope| {
        let bytes = &bytes;
        let writers: Vec<_> =
            dirs.iter().map(|dir| scope.spawn(move || write_files(dir, bytes, started, time))).collect();
        let mut objects = 0;
        for writer in writers {
            objects += writer.join().ok().context("a writer of files fell over")??;
        }
        anyhow::Ok(objects)
    })?;
    let rate = objects as f64 / started.elapsed().as_secs_f64();
    fs::remove_dir_all(root)?;
    Ok(rate)
}

fn write_files(dir: &Path, bytes: &[u8], started: Instant, time: Duration) -> anyhow::Result<u64> {
    let mut objects = 0_u64;
    while started.elapsed() < time {
        let draft = dir.join("draft");
        let mut file = File::create_new(&draft)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&draft, dir.join(objects.to_string()))?;
        File::open(dir)?.sync_all()?;
        objects += 1;
    }
    Ok(objects)
}
