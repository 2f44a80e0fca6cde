//! A child process that serves: started, watched through `/proc`, stopped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A sample more seldom than this could miss a peak.
const SAMPLE_EVERY: Duration = Duration::from_millis(10);

/// Places in /proc/PID/stat, counted from behind the name (proc_pid_stat(5)).
const MAJOR_FAULTS: usize = 9;
const USER_TICKS: usize = 11;
const SYSTEM_TICKS: usize = 12;

pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to its line that it is ready.
    pub ready_after: Duration,
    // Closed only with the process, so that it never writes into nothing.
    _stdout: BufReader<ChildStdout>,
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    pub all: u64,
    /// The process's own: heap and stacks. Peaks count each figure alone.
    pub anonymous: u64,
    /// Pages of mapped files, which the system takes back when it needs them.
    pub file: u64,
}

impl Process {
    /// The program must print one line with `http://ADDRESS;` once it serves.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {program}; is it built?"))?;
        let stdout = child.stdout.take().context("the child has no output")?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let address = loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                let status = child.wait()?;
                bail!("{program} ended before it was ready: {status}");
            }
            if let Some(address) = address_in(&line) {
                break address?;
            }
        };
        Ok(Self { child, address, ready_after: started.elapsed(), _stdout: stdout })
    }

    /// Processor time of all its threads so far, user and system.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let ticks = self.stat(USER_TICKS)? + self.stat(SYSTEM_TICKS)?;
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }

    /// Pages of mapped files that it had to wait for so far.
    pub fn major_faults(&self) -> anyhow::Result<u64> {
        self.stat(MAJOR_FAULTS)
    }

    fn stat(&self, place: usize) -> anyhow::Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold anything; what follows it is regular.
        let field = stat.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(place));
        field.and_then(|field| field.parse().ok()).context("an odd /proc/PID/stat")
    }

    pub fn memory(&self) -> anyhow::Result<Memory> {
        memory_of(self.child.id())
    }

    /// Watches its memory until `Watch::peak`.
    pub fn watch(&self) -> Watch {
        let stop = Arc::new(AtomicBool::new(false));
        let (pid, stopped) = (self.child.id(), Arc::clone(&stop));
        #[expect(clippy::disallowed_methods, reason = "a benchmark takes no turns")]
        let sampler = std::thread::spawn(move || {
            let mut peak = Memory::default();
            while !stopped.load(Ordering::Relaxed) {
                if let Ok(now) = memory_of(pid) {
                    peak.all = peak.all.max(now.all);
                    peak.anonymous = peak.anonymous.max(now.anonymous);
                    peak.file = peak.file.max(now.file);
                }
                std::thread::sleep(SAMPLE_EVERY);
            }
            peak
        });
        Watch { stop, sampler }
    }

    /// Asks it to stop in order and waits until it is gone.
    pub fn stop(mut self) -> anyhow::Result<Duration> {
        let asked = Instant::now();
        self.signal(Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server's clean stop ended with {status}");
        }
        Ok(asked.elapsed())
    }

    /// `kill -9`.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no process id")?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After `stop` or `kill` it is gone already, and there is nobody to tell anyway.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running sampler of a process's memory.
pub struct Watch {
    stop: Arc<AtomicBool>,
    sampler: JoinHandle<Memory>,
}

impl Watch {
    pub fn peak(self) -> Memory {
        self.stop.store(true, Ordering::Relaxed);
        self.sampler.join().unwrap_or_default()
    }
}

fn address_in(line: &str) -> Option<anyhow::Result<SocketAddr>> {
    let (_, rest) = line.split_once("http://")?;
    let (address, _) = rest.split_once(';')?;
    Some(address.parse().with_context(|| format!("{address:?} is no address")))
}

fn memory_of(pid: u32) -> anyhow::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
    };
    Ok(Memory { all: bytes("VmRSS"), anonymous: bytes("RssAnon"), file: bytes("RssFile") })
}
