//! What the embedded engine does on a real device: durable commits, gets, pages. Ratios between lines of one run
//! count, not the absolutes.
//!
//! `cargo bench -p strongroom-catalog` (directory by `STRONGROOM_BENCH_DIR`, else the temporary one).

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use catalog::{Catalog, Decision, Fault, Group, Member, Options, TreeIndex, TreeOptions, View, Watch, Write};
use tokio::runtime::Runtime;
use world::{Disk, DiskFile, RealDisk, Space, SystemClock};

type Outcome<T> = Result<T, Box<dyn Error>>;

const OBJECTS: u64 = 200_000;
const RUN: Duration = Duration::from_secs(3);

fn main() -> Outcome<()> {
    let root = std::env::var_os("STRONGROOM_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let path = root.join(format!("strongroom-bench-catalog-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for members in [1, 3] {
        println!("members, all on one disk: {members}");
        let made = (0..members).map(|member| CountingDisk::at(path.join(format!("{members}-{member}"))));
        run(&made.collect::<io::Result<Vec<_>>>()?, &runtime)?;
    }
    Ok(std::fs::remove_dir_all(path)?)
}

fn run(disks: &[Arc<CountingDisk>], runtime: &Runtime) -> Outcome<()> {
    let catalog = open(disks)?;
    runtime.block_on(fill(&catalog))?;
    for writers in [1, 16, 64, 256] {
        let before = disks[0].batches.load(Ordering::Relaxed);
        let rate = runtime.block_on(commits(&catalog, writers))?;
        let batches = disks[0].batches.load(Ordering::Relaxed) - before;
        let shared = rate * RUN.as_secs_f64() / batches as f64;
        println!("{rate:>12.0} durable commits of 2 rows a second, {writers} writers, {shared:.1} a sync");
    }
    reads(&catalog, "with rows in memtables")?;
    catalog.shutdown();
    drop(catalog);

    let begun = Instant::now();
    let catalog = open(disks)?;
    println!("{:>12.1} ms to open after a clean stop", begun.elapsed().as_secs_f64() * 1e3);
    reads(&catalog, "from the index alone")
}

/// Counts batches: the engine measures the device's space before each.
struct CountingDisk {
    inner: RealDisk,
    batches: AtomicU64,
}

impl CountingDisk {
    fn at(path: PathBuf) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { inner: RealDisk::at(path)?, batches: AtomicU64::new(0) }))
    }
}

/// Nobody is lost here.
struct Unwatched;

impl Watch for Unwatched {
    fn lost(&self, _: u16, why: &Fault) -> Result<(), Fault> {
        Err(why.clone())
    }
    fn whole(&self, _: u16) -> Result<(), Fault> {
        Ok(())
    }
}

impl Disk for CountingDisk {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.inner.create_dir(path)
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.inner.open(path)
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.inner.create(path)
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        self.inner.exists(path)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.inner.remove(path)
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.inner.list(dir)
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.inner.sync_dir(dir)
    }
    fn space(&self) -> io::Result<Space> {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.inner.space()
    }
}

fn open(disks: &[Arc<CountingDisk>]) -> Result<Catalog, Fault> {
    let mut members = Vec::new();
    for (number, disk) in (0..).zip(disks) {
        let index = Box::new(TreeIndex::open(&disk.inner, TreeOptions::default())?);
        members.push(Member { number, disk: disk.clone(), index });
    }
    Catalog::open_members(members, Arc::new(Unwatched), Arc::new(SystemClock), Options::default())
}

fn key(kind: char, object: u64) -> Vec<u8> {
    let (directory, number) = (object % 1_000, object / 1_000);
    format!("{kind}bucket-1/datasets/customer-{directory:06}/2026/11/part-{number:06}.parquet").into_bytes()
}

fn rows(object: u64) -> Vec<Write> {
    vec![Write::put(key('o', object), vec![7; 150]), Write::put(key('v', object), vec![8; 300])]
}

async fn commit(catalog: &Catalog, object: u64) -> Result<(), Fault> {
    let decide = move |view: &dyn View, _| {
        view.get(&key('o', object))?;
        Ok(Decision::Write::<_, ()>(rows(object), ()))
    };
    catalog.commit(Group::new(key('o', object)), decide).await.map(|_| ())
}

async fn fill(catalog: &Catalog) -> Outcome<()> {
    for first in (0..OBJECTS).step_by(1_000) {
        let decide = move |_: &dyn View, _| {
            Ok(Decision::Write::<_, ()>((first..first + 1_000).flat_map(rows).collect(), ()))
        };
        let _ = catalog.commit(Group::new("fill"), decide).await?;
    }
    Ok(())
}

async fn commits(catalog: &Catalog, writers: u64) -> Outcome<f64> {
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let catalog = catalog.clone();
        tasks.spawn(async move {
            let mut count = 0_u64;
            while begun.elapsed() < RUN {
                commit(&catalog, (count * 7_919 + writer * 104_729) % OBJECTS).await?;
                count += 1;
            }
            Ok::<_, Fault>(count)
        });
    }
    let mut sum = 0;
    for count in tasks.join_all().await {
        sum += count?;
    }
    Ok(sum as f64 / begun.elapsed().as_secs_f64())
}

fn reads(catalog: &Catalog, state: &str) -> Outcome<()> {
    let mut object = 0;
    let gets = rate(|| {
        object = (object + 7_919) % OBJECTS;
        catalog.get(&key('o', object))?.ok_or("an object is lost")?;
        Ok(())
    })?;
    let pages = rate(|| {
        object = (object + 7_919) % (OBJECTS / 2);
        let snapshot = catalog.snapshot()?;
        let mut cursor = snapshot.cursor(&key('o', object), b"p")?;
        let mut bytes = 0;
        for _ in 0..1_000 {
            bytes += cursor.next()?.map_or(0, |(key, value)| key.len() + value.len());
        }
        if bytes > 0 { Ok(()) } else { Err("a page is empty".into()) }
    })?;
    let delimited = rate(|| {
        let snapshot = catalog.snapshot()?;
        let mut cursor = snapshot.cursor(b"o", b"p")?;
        for directory in 0..1_000 {
            cursor.seek(format!("obucket-1/datasets/customer-{directory:06}/").as_bytes())?;
            cursor.next_ref()?.ok_or("a prefix is lost")?;
        }
        Ok(())
    })?;
    println!("{gets:>12.0} gets a second, {state}");
    println!("{pages:>12.0} pages of 1,000 rows a second, {state}");
    println!("{delimited:>12.0} pages of 1,000 prefixes a second, {state}");
    Ok(())
}

fn rate(mut once: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let (begun, mut count) = (Instant::now(), 0);
    while begun.elapsed() < RUN / 2 {
        once()?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
