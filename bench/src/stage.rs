//! What the scenarios share: a scratch directory on the disk, servers, one runtime, and the rows they find out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::Method;
use tokio::runtime::Runtime;

use crate::client::{ACCESS_KEY, Ask, Connection, SECRET_KEY, Who};
use crate::load::{self, Done, Until};
use crate::options::{Arguments, Scale};
use crate::process::Process;
use crate::report::Row;

/// A full memtable is applied in seconds, on a busy disk in more.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
/// `TMPFS_MAGIC` of statfs(2).
const TMPFS: i64 = 0x0102_1994;

pub struct Stage {
    pub scale: Scale,
    pub rows: Vec<Row>,
    /// Whether the data directory with the large bucket was filled.
    pub filled: bool,
    runtime: Runtime,
    server: PathBuf,
    other: Option<PathBuf>,
    scratch: PathBuf,
}

/// A load with what it cost the server.
pub struct Measured {
    pub done: Done,
    pub cpu: Duration,
    pub syncs: f64,
}

impl Measured {
    pub fn cpu_us_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.done.requests as f64
    }
}

impl Stage {
    pub fn set(arguments: &Arguments) -> anyhow::Result<Self> {
        if !arguments.server.is_file() {
            let shown = arguments.server.display();
            bail!("there is no server at {shown}: cargo build --release -p strongroom, or give --server");
        }
        let scratch = arguments.scratch.join(std::process::id().to_string());
        fs::create_dir_all(&scratch).with_context(|| format!("making {}", scratch.display()))?;
        if rustix::fs::statfs(&scratch)?.f_type == TMPFS {
            bail!("{} is in memory; syncs there tell nothing, give --scratch on a disk", scratch.display());
        }
        let scratch = fs::canonicalize(scratch)?;
        Ok(Self {
            scale: arguments.scale(),
            rows: Vec::new(),
            filled: false,
            runtime: tokio::runtime::Builder::new_multi_thread().enable_all().build()?,
            server: fs::canonicalize(&arguments.server)?,
            other: arguments.against.as_ref().map(fs::canonicalize).transpose()?,
            scratch,
        })
    }

    pub fn finish(mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// A server on a data directory of that name in the scratch; its log goes to a file beside, as a service
    /// manager would keep it.
    pub fn serve(&self, data: &str, flags: &[&str]) -> anyhow::Result<Process> {
        self.serve_binary(&self.server, data, &[self.scratch.join(data)], flags)
    }

    /// A server on these directories, with an empty bucket.
    pub fn serve_devices(&self, name: &str, dirs: &[PathBuf], bucket: &str) -> anyhow::Result<Process> {
        let server = self.serve_binary(&self.server, name, dirs, &[])?;
        self.make_bucket(&server, bucket)?;
        Ok(server)
    }

    /// The other release, where one was named.
    pub fn other_server(&self) -> Option<PathBuf> {
        self.other.clone()
    }

    /// Another release's server, with an empty bucket.
    pub fn serve_other(&self, binary: &Path, data: &str, bucket: &str) -> anyhow::Result<Process> {
        let server = self.serve_binary(binary, data, &[self.scratch.join(data)], &[])?;
        self.make_bucket(&server, bucket)?;
        Ok(server)
    }

    fn serve_binary(
        &self,
        binary: &Path,
        data: &str,
        dirs: &[PathBuf],
        flags: &[&str],
    ) -> anyhow::Result<Process> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.scratch.join(format!("{data}.log")))
            .context("opening the server's log")?;
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(dirs.iter().flat_map(|dir| ["--data".as_ref(), dir.as_os_str()]))
            .args(flags)
            .env("STRONGROOM_ROOT_ACCESS_KEY", ACCESS_KEY)
            .env("STRONGROOM_ROOT_SECRET_KEY", SECRET_KEY)
            .stderr(Stdio::from(log));
        Process::start(command)
    }

    /// Such a server, with an empty bucket.
    pub fn serve_bucket(&self, data: &str, flags: &[&str], bucket: &str) -> anyhow::Result<Process> {
        let server = self.serve(data, flags)?;
        self.make_bucket(&server, bucket)?;
        Ok(server)
    }

    pub fn make_bucket(&self, server: &Process, bucket: &str) -> anyhow::Result<()> {
        self.one(server, Ask::new(Method::PUT, format!("/{bucket}"))).map(drop)
    }

    pub fn one(&self, server: &Process, ask: Ask) -> anyhow::Result<Bytes> {
        self.wait(async { Connection::open(server.address).await?.ask(ask).await })
    }

    /// Stops a server and forgets its data.
    pub fn strike(&self, server: Process, data: &str) -> anyhow::Result<()> {
        server.stop()?;
        fs::remove_dir_all(self.scratch.join(data))?;
        Ok(())
    }

    pub fn wait<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        self.runtime.block_on(work)
    }

    /// Runs a load and measures its server's processor time; `syncs` only where the server has metrics.
    pub fn measure<F>(
        &self,
        server: &Process,
        connections: usize,
        until: Until,
        make: F,
    ) -> anyhow::Result<Measured>
    where
        F: Fn(u64) -> Ask + Send + Sync + 'static,
    {
        self.measure_as(server, &Who::root(), connections, until, make)
    }

    /// The same, signed by somebody else.
    pub fn measure_as<F>(
        &self,
        server: &Process,
        who: &Who,
        connections: usize,
        until: Until,
        make: F,
    ) -> anyhow::Result<Measured>
    where
        F: Fn(u64) -> Ask + Send + Sync + 'static,
    {
        let cpu_before = server.cpu()?;
        let done = self.wait(load::drive(server.address, who, connections, until, make))?;
        if done.requests == 0 {
            bail!("not one request was answered in time");
        }
        Ok(Measured { done, cpu: server.cpu()?.saturating_sub(cpu_before), syncs: 0.0 })
    }

    /// The same, with the device syncs that the server counted.
    pub fn measure_syncs<F>(
        &self,
        server: &Process,
        connections: usize,
        until: Until,
        make: F,
    ) -> anyhow::Result<Measured>
    where
        F: Fn(u64) -> Ask + Send + Sync + 'static,
    {
        let before = self.device_syncs(server)?;
        let measured = self.measure(server, connections, until, make)?;
        Ok(Measured { syncs: self.device_syncs(server)? - before, ..measured })
    }

    fn device_syncs(&self, server: &Process) -> anyhow::Result<f64> {
        self.metric(server, "strongroom_device_syncs_total")
    }

    /// The sum of a metric's series.
    pub fn metric(&self, server: &Process, name: &str) -> anyhow::Result<f64> {
        let text = self.one(server, Ask::get("/-/metrics"))?;
        let text = String::from_utf8_lossy(&text);
        let series = text.lines().filter(|line| line.starts_with(name));
        let values = series.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        Ok(values.sum())
    }

    /// Waits until the index holds all rows: an idle server gives them to it by itself.
    pub fn settle(&self, server: &Process) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.metric(server, "strongroom_catalog_memtable_bytes")? > 0.0 {
            if begun.elapsed() > SETTLED_WITHIN {
                bail!("after {SETTLED_WITHIN:?} without writes the index still lacks rows");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed is only in the way, never wrong.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}
