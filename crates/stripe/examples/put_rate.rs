//! How many durable puts a device takes: the store against a file per object, on the same disk in the same run.
//!
//! `cargo run --release -p strongroom-stripe --example put_rate -- [DIR] [BYTES] [WRITERS] [SECONDS] [DEVICES] [PARITY] [MODE…]`
//!
//! Modes: `files` (create, write, sync, sync the directory), `store`, `direct` (what the store could gain: one
//! zeroed file, batches of all waiting writers through `O_DIRECT|O_DSYNC`, checksums included).

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use stripe::{NoWatch, Options, Owner, Redundancy, Slot, Store};
use world::{Disk, RealDisk};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const O_DIRECT_DSYNC: i32 = 0o40000 | 0o10000;
const DIRECT_FILE_BYTES: u64 = 1 << 30;

#[derive(Clone, Copy)]
struct Load {
    bytes: usize,
    writers: usize,
    time: Duration,
    devices: u16,
    parity: u8,
}

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let dir = words.next().unwrap_or_else(|| "put-rate".to_owned());
    let mut number = |or: u64| words.next().map_or(Ok(or), |word| word.parse::<u64>());
    let load = Load {
        bytes: number(64 << 10)? as usize,
        writers: number(64)? as usize,
        time: Duration::from_secs(number(5)?),
        devices: number(1)? as u16,
        parity: number(0)? as u8,
    };
    let mut modes: Vec<String> = words.collect();
    if modes.is_empty() {
        modes = ["files", "store", "direct"].map(str::to_owned).to_vec();
    }
    for mode in modes {
        let place = Path::new(&dir).join(&mode);
        fs::create_dir_all(&place)?;
        let (cpu, start) = (cpu_seconds()?, Instant::now());
        let puts = match mode.as_str() {
            "files" => files(&place, load)?,
            "store" => store(&place, load)?,
            "direct" => direct(&place, load)?,
            _ => return Err(format!("unknown mode {mode}").into()),
        };
        let (took, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
        println!(
            "{mode:>7}: {:>8.0} puts/s  {:>6.2} GB/s  {:>7.1} us CPU a put",
            puts as f64 / took,
            puts as f64 * load.bytes as f64 / took / 1e9,
            cpu * 1e6 / puts as f64,
        );
        fs::remove_dir_all(&place)?;
    }
    Ok(())
}

/// What this process used, in user and kernel mode.
fn cpu_seconds() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Result<Vec<u64>, _> =
        behind_name.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(ticks?.iter().sum::<u64>() as f64 / 100.0)
}

fn files(dir: &Path, load: Load) -> Outcome<u64> {
    let (body, stop, puts) = (vec![7; load.bytes], AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..load.writers)
            .map(|writer| {
                let (body, stop, puts) = (&body, &stop, &puts);
                scope.spawn(move || -> Outcome<()> {
                    let folder = File::open(dir)?;
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let file = File::create_new(dir.join(format!("{writer}-{number}")))?;
                        file.write_all_at(body, 0)?;
                        file.sync_all()?;
                        folder.sync_all()?;
                        puts.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        thread::sleep(load.time);
        stop.store(true, Ordering::Relaxed);
        writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| "a writer panicked")?)
    })?;
    Ok(puts.into_inner())
}

fn store(dir: &Path, load: Load) -> Outcome<u64> {
    let slot = |number: u16| -> Outcome<Slot> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::at(dir.join(number.to_string()))?);
        Ok(Slot { number, zone: "".into(), disk })
    };
    let slots = (0..load.devices).map(slot).collect::<Outcome<Vec<Slot>>>()?;
    let options = Options { parity: load.parity, ..Options::default() };
    let (store, _) = Store::open(slots, Arc::new(NoWatch), options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let deadline = Instant::now() + load.time;
    let puts = runtime.block_on(async {
        let body = Bytes::from(vec![7; load.bytes]);
        let writers: Vec<_> = (0..load.writers)
            .map(|_| {
                let (store, body) = (store.clone(), body.clone());
                tokio::spawn(async move {
                    let (owner, mut puts) = (Owner::new(&b"bucket/key"[..])?, 0);
                    while Instant::now() < deadline {
                        store.put(&owner, body.clone(), Redundancy::Full).await?;
                        puts += 1;
                    }
                    Ok::<u64, stripe::Fault>(puts)
                })
            })
            .collect();
        let mut puts = 0;
        for writer in writers {
            puts += writer.await??;
        }
        Ok::<u64, Box<dyn Error + Send + Sync>>(puts)
    })?;
    let counts = store.stats(0).unwrap_or_default().counts;
    println!(
        "         {:.3} syncs a put, {:.1} records a batch",
        counts.syncs as f64 / puts as f64,
        counts.records as f64 / counts.batches as f64
    );
    store.shutdown()?;
    Ok(puts)
}

/// Two lanes, each writing as many bodies at once as half of the writers would have queued.
fn direct(dir: &Path, load: Load) -> Outcome<u64> {
    let (lanes, puts, ready) = (2, AtomicU64::new(0), Barrier::new(2));
    let batch = (load.writers / lanes).max(1);
    let record = (load.bytes + 80).div_ceil(4096) * 4096;
    thread::scope(|scope| {
        let writers: Vec<_> = (0..lanes)
            .map(|lane| {
                let (puts, ready) = (&puts, &ready);
                scope.spawn(move || -> Outcome<()> {
                    let path = dir.join(format!("lane-{lane}"));
                    zeroed(&path)?;
                    let file = OpenOptions::new().write(true).custom_flags(O_DIRECT_DSYNC).open(&path)?;
                    let mut memory = vec![0_u8; batch * record + 4096];
                    let first = memory.as_ptr().align_offset(4096);
                    let body = vec![7_u8; load.bytes];
                    ready.wait();
                    let (deadline, mut at) = (Instant::now() + load.time, 0);
                    while Instant::now() < deadline {
                        for slot in memory[first..].chunks_exact_mut(record).take(batch) {
                            let sum = xxhash_rust::xxh3::xxh3_64(&body);
                            slot[..8].copy_from_slice(&sum.to_le_bytes());
                            slot[80..80 + body.len()].copy_from_slice(&body);
                        }
                        file.write_all_at(&memory[first..first + batch * record], at)?;
                        puts.fetch_add(batch as u64, Ordering::Relaxed);
                        at += (batch * record) as u64;
                        if at + (batch * record) as u64 > DIRECT_FILE_BYTES {
                            at = 0;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| "a lane panicked")?)
    })?;
    Ok(puts.into_inner())
}

fn zeroed(path: &Path) -> Outcome<()> {
    let file = File::create(path)?;
    let zeros = vec![0; 1 << 20];
    for at in (0..DIRECT_FILE_BYTES).step_by(zeros.len()) {
        file.write_all_at(&zeros, at)?;
    }
    Ok(file.sync_all()?)
}
