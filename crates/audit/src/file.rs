//! The file: appended by a thread of its own, turned over at a size, readable by its owner alone.
//!
//! `FILE` is the one in writing, `FILE.1` the one before, and so on. A file is synced before it is put aside and at the
//! end; in between, what a crash of the machine may lose is what its kernel had not written, and a crash of the
//! process at most a tenth of a second. Lines are never split over files. While the disk takes nothing, lines wait in
//! memory up to a bound; then they are counted, and the file says how many are missing.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use metrics::{Counter, counter, describe_counter};

/// What gathers in memory before the thread is woken early, and how long it sleeps otherwise.
const BATCH_BYTES: usize = 64 * 1024;
const INTERVAL: Duration = Duration::from_millis(100);
/// What waits in memory while the disk takes nothing.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
const MODE: u32 = 0o600;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOptions {
    pub path: PathBuf,
    /// A file is put aside before it grows over this.
    pub bytes_max: u64,
    /// Kept in all, the one in writing too.
    pub files_max: usize,
}

pub struct RotatingFile {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    missed: Counter,
}

struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    missed: u64,
    closing: bool,
}

impl RotatingFile {
    pub fn open(options: FileOptions) -> io::Result<Self> {
        describe_counter!("strongroom_audit_missed_total", "Audit events that the disk did not take");
        let writer = Writer::open(options)?;
        let shared = Arc::new(Shared { waiting: Mutex::default(), wake: Condvar::new() });
        let of_thread = Arc::clone(&shared);
        #[expect(clippy::disallowed_methods, reason = "no simulation audits")]
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || of_thread.run(writer))?;
        let missed = counter!("strongroom_audit_missed_total");
        Ok(Self { shared, thread: Mutex::new(Some(thread)), missed })
    }

    pub fn append(&self, line: &[u8]) {
        let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.lines.len() + line.len() > WAITING_BYTES_MAX {
            waiting.missed += 1;
            self.missed.increment(1);
            return;
        }
        let before = waiting.lines.len();
        waiting.lines.extend_from_slice(line);
        if before < BATCH_BYTES && waiting.lines.len() >= BATCH_BYTES {
            self.shared.wake.notify_one();
        }
    }

    /// Returns once all is written and synced.
    pub fn close(&self) {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).closing = true;
        self.shared.wake.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self, mut writer: Writer) {
        let mut failing = false;
        loop {
            let (mut lines, missed, closing) = self.gather();
            if missed > 0 {
                lines.extend_from_slice(format!("{{\"missed\":{missed}}}\n").as_bytes());
            }
            let written = writer.write(&lines);
            if let Err((done, error)) = written {
                if !failing {
                    tracing::error!(%error, "the audit log cannot be written; events wait in memory");
                }
                failing = true;
                lines.drain(..done);
                self.give_back(lines);
            } else if std::mem::take(&mut failing) {
                tracing::info!("the audit log is written again");
            }
            if closing {
                if let Err(error) = writer.file.sync_all() {
                    tracing::error!(%error, "the audit log could not be synced");
                }
                return;
            }
        }
    }

    fn gather(&self) -> (Vec<u8>, u64, bool) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.closing && waiting.lines.len() < BATCH_BYTES {
            waiting = self
                .wake
                .wait_timeout(waiting, INTERVAL)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(waiting, _)| waiting);
        }
        let lines = std::mem::take(&mut waiting.lines);
        (lines, std::mem::take(&mut waiting.missed), waiting.closing)
    }

    /// What was not written comes before what came since.
    fn give_back(&self, mut lines: Vec<u8>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(&waiting.lines);
        waiting.lines = lines;
        drop(waiting);
        thread::sleep(INTERVAL);
    }
}

struct Writer {
    options: FileOptions,
    file: File,
    bytes: u64,
}

impl Writer {
    fn open(options: FileOptions) -> io::Result<Self> {
        let mut file = open(&options.path)?;
        file.set_permissions(Permissions::from_mode(MODE))?;
        let mut bytes = file.seek(SeekFrom::End(0))?;
        if bytes > 0 && !ends_with_a_line(&mut file)? {
            file.write_all(b"\n")?;
            bytes += 1;
        }
        sync_directory(&options.path)?;
        Ok(Self { options, file, bytes })
    }

    /// Of whole lines. An error tells how many bytes were written before it.
    fn write(&mut self, lines: &[u8]) -> Result<(), (usize, io::Error)> {
        let mut done = 0;
        while done < lines.len() {
            let room =
                usize::try_from(self.options.bytes_max.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
            let mut fits = whole_lines(&lines[done..], room);
            if fits == 0 && self.bytes > 0 {
                self.turn().map_err(|error| (done, error))?;
                continue;
            }
            if fits == 0 {
                // A line larger than a file shall be.
                fits = whole_lines(&lines[done..], usize::MAX).min(first_line(&lines[done..]));
            }
            self.append(&lines[done..done + fits]).map_err(|error| (done, error))?;
            done += fits;
        }
        Ok(())
    }

    /// All of it, or the file is cut back: a line that stands there by half would be there twice.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(lines) {
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
            return Err(error);
        }
        self.bytes += lines.len() as u64;
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        let path = &self.options.path;
        let oldest = self.options.files_max.saturating_sub(1);
        if oldest == 0 {
            fs::remove_file(path)?;
        }
        for number in (1..oldest).rev() {
            let (from, to) = (aside(path, number), aside(path, number + 1));
            if from.try_exists()? {
                fs::rename(from, to)?;
            }
        }
        if oldest > 0 {
            fs::rename(path, aside(path, 1))?;
        }
        self.file = open(path)?;
        self.bytes = 0;
        sync_directory(path)
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(MODE).open(path)
}

fn aside(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn ends_with_a_line(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// How many bytes of the lines' start fit into the room without splitting one.
fn whole_lines(lines: &[u8], room: usize) -> usize {
    let within = &lines[..lines.len().min(room)];
    within.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

fn first_line(lines: &[u8]) -> usize {
    lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("strongroom-audit-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn options(&self, bytes_max: u64, files_max: usize) -> FileOptions {
            FileOptions { path: self.0.join("audit.json"), bytes_max, files_max }
        }

        fn read(&self) -> Vec<(String, String)> {
            let mut files: Vec<(String, String)> = fs::read_dir(&self.0)
                .unwrap()
                .map(|entry| entry.unwrap())
                .map(|entry| {
                    assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, MODE);
                    let name = entry.file_name().to_string_lossy().into_owned();
                    (name, fs::read_to_string(entry.path()).unwrap())
                })
                .collect();
            files.sort();
            files
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn file(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn files_turn_over_at_lines_and_the_oldest_go() {
        let folder = Folder::new("turns");
        let mut writer = Writer::open(folder.options(8, 3)).unwrap();
        writer.write(b"111\n222\n333\n444\n555\n666\n777\n").unwrap();
        assert_eq!(
            folder.read(),
            [
                file("audit.json", "777\n"),
                file("audit.json.1", "555\n666\n"),
                file("audit.json.2", "333\n444\n")
            ]
        );
    }

    #[test]
    fn a_line_longer_than_a_file_has_one_of_its_own() {
        let folder = Folder::new("long");
        let mut writer = Writer::open(folder.options(4, 9)).unwrap();
        writer.write(b"1\na long line\n2\n").unwrap();
        let texts: Vec<String> = folder.read().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["2\n", "a long line\n", "1\n"]);
    }

    #[test]
    fn a_file_goes_on_where_it_ended_and_a_torn_line_stands_alone() {
        let folder = Folder::new("again");
        fs::write(folder.0.join("audit.json"), "whole\nto").unwrap();
        let log = RotatingFile::open(folder.options(1000, 2)).unwrap();
        log.append(b"next\n");
        log.close();
        assert_eq!(folder.read(), [file("audit.json", "whole\nto\nnext\n")]);
    }

    #[test]
    fn one_file_alone_begins_anew() {
        let folder = Folder::new("one");
        let mut writer = Writer::open(folder.options(4, 1)).unwrap();
        writer.write(b"1\n2\n3\n").unwrap();
        assert_eq!(folder.read(), [file("audit.json", "3\n")]);
    }
}
