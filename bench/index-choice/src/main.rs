//! Which ordered index should stand behind the catalog's journal? Each candidate does the index's work on the
//! catalog's rows, in one run, so that the ratios hold whatever else the machine does.
//!
//! `index-choice [OBJECTS] [DIR]` prints the table of docs/decisions/0011-a-tree-of-our-own.md. Each engine loads in
//! a child process that is killed in the middle of an application, and is then opened and read in another.

mod engines;
mod rows;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use engines::{Engine, NAMES, Outcome, open};
use rows::{CHUNK_ROWS, Dice, Row, Shape, load_batches, update_batches};
use rustix::time::{ClockId, clock_gettime};

const UPDATE_BATCHES: usize = 4;
const READ_TIME: Duration = Duration::from_millis(2_500);

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["load", name, objects, path] => load(name, shape(objects)?, Path::new(path)),
        ["read", name, objects, path] => read(name, shape(objects)?, Path::new(path)),
        [] => all("1000000", &std::env::temp_dir()),
        [objects] => all(objects, &std::env::temp_dir()),
        [objects, path, ..] => all(objects, Path::new(path)),
    }
}

fn shape(objects: &str) -> Outcome<Shape> {
    Ok(Shape { directories: 1_000, per_directory: objects.parse::<u32>()? / 1_000 })
}

fn all(objects: &str, scratch: &Path) -> Outcome<()> {
    println!(
        "| engine | load rows/s | CPU µs a row | update rows/s | CPU µs a row | MiB on disk | open after kill ms | gets per CPU s | pages of 1,000 rows | pages of 1,000 prefixes |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    // Some candidates alone: INDEX_CHOICE=tree,lmdb.
    let only = std::env::var("INDEX_CHOICE").unwrap_or_else(|_| NAMES.join(","));
    for name in NAMES.into_iter().filter(|name| only.split(',').any(|wanted| wanted == *name)) {
        let path = scratch.join(format!("index-choice-{}-{name}", std::process::id()));
        let result = one(name, objects, &path);
        let _ = std::fs::remove_dir_all(&path);
        println!("| {name} | {} |", result?);
    }
    Ok(())
}

/// Loads in a child, kills it while it applies, reads in another child.
fn one(name: &str, objects: &str, path: &PathBuf) -> Outcome<String> {
    let program = std::env::current_exe()?;
    let mut child = Command::new(&program);
    let mut child = child.arg("load").arg(name).arg(objects).arg(path).stdout(Stdio::piped()).spawn()?;
    let mut loaded = String::new();
    let output = child.stdout.take().ok_or("the child has no output")?;
    BufReader::new(output).read_line(&mut loaded)?;
    std::thread::sleep(Duration::from_millis(150));
    child.kill()?;
    child.wait()?;
    let read = Command::new(&program).arg("read").arg(name).arg(objects).arg(path).output()?;
    if !read.status.success() {
        return Err(String::from_utf8_lossy(&read.stderr).into_owned().into());
    }
    Ok(format!("{} | {}", loaded.trim(), String::from_utf8(read.stdout)?.trim()))
}

fn load(name: &str, shape: Shape, path: &Path) -> Outcome<()> {
    let engine = open(name, path)?;
    let loaded = apply_all(&*engine, load_batches(shape))?;
    let updated = apply_all(&*engine, update_batches(shape, 7).take(UPDATE_BATCHES))?;
    println!("{loaded} | {updated} | {:.0}", disk_bytes(path)? as f64 / f64::from(1 << 20));
    std::io::stdout().flush()?;
    for batch in update_batches(shape, 9) {
        apply(&*engine, &batch)?;
    }
    Ok(())
}

/// Rows a second and processor time a row, work in the background included.
fn apply_all(engine: &dyn Engine, batches: impl Iterator<Item = Vec<Row>>) -> Outcome<String> {
    let (mut rows, mut wall, mut cpu) = (0, Duration::ZERO, Duration::ZERO);
    let mut batches = batches.peekable();
    while let Some(batch) = batches.next() {
        let (begun, busy) = (Instant::now(), cpu_time());
        apply(engine, &batch)?;
        let idle = if batches.peek().is_none() { engine.settle() } else { Duration::ZERO };
        rows += batch.len();
        wall += begun.elapsed() - idle;
        cpu += cpu_time() - busy;
    }
    let micros = cpu.as_secs_f64() * 1e6 / rows as f64;
    Ok(format!("{:.0} | {micros:.1}", rows as f64 / wall.as_secs_f64()))
}

fn apply(engine: &dyn Engine, batch: &[Row]) -> Outcome<()> {
    batch.chunks(CHUNK_ROWS).try_for_each(|chunk| engine.apply(chunk))
}

fn read(name: &str, shape: Shape, path: &Path) -> Outcome<()> {
    let begun = Instant::now();
    let engine = open(name, path)?;
    let found = engine.get(&shape.listing_key(0))?;
    let opened = begun.elapsed();
    found.ok_or("the first object is lost")?;
    engine.settle();
    let mut dice = Dice(42);
    let gets = rate(|| {
        engine.get(&shape.listing_key(dice.below(shape.objects())))?.ok_or("an object is lost")?;
        Ok(())
    })?;
    let pages = rate(|| {
        let rows = engine.page(&shape.listing_key(dice.below(shape.objects() - 1_000)), 1_000)?;
        if rows == 1_000 { Ok(()) } else { Err("a page is short".into()) }
    })?;
    let prefixes: Vec<Vec<u8>> = (0..1_000).map(|directory| shape.prefix(directory)).collect();
    let delimited = rate(|| match engine.seeks(&prefixes)? {
        1_000 => Ok(()),
        _ => Err("a prefix is lost".into()),
    })?;
    println!("{:.0} | {gets:.0} | {pages:.0} | {delimited:.0}", opened.as_secs_f64() * 1e3);
    Ok(())
}

/// How often a second of processor time, which other work on the machine hardly changes: all of it is in memory after
/// one fifth of the time to warm up.
fn rate(mut once: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let warm = Instant::now();
    while warm.elapsed() < READ_TIME / 5 {
        once()?;
    }
    let (begun, busy, mut count) = (Instant::now(), cpu_time(), 0);
    while begun.elapsed() < READ_TIME {
        once()?;
        count += 1;
    }
    Ok(f64::from(count) / (cpu_time() - busy).as_secs_f64())
}

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn disk_bytes(path: &Path) -> Outcome<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { disk_bytes(&entry.path())? } else { meta.blocks() * 512 };
    }
    Ok(sum)
}
