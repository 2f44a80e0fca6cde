//! Standard error through a buffer: an access line costs a request a copy, not a system call.
//!
//! What is graver than information is written at once, with all that came before it; the rest within a tenth of a
//! second. `flush` writes what is left, at the end of the process and in a panic.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

const INTERVAL: Duration = Duration::from_millis(100);
const BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Default)]
pub struct LogBuffer(Arc<Mutex<Vec<u8>>>);

/// One line on its way into the buffer.
pub struct Line<'a> {
    buffer: &'a LogBuffer,
    urgent: bool,
}

impl LogBuffer {
    /// With a thread that writes what has gathered.
    pub fn start() -> io::Result<Self> {
        let buffer = Self::default();
        let flushed = buffer.clone();
        #[expect(clippy::disallowed_methods, reason = "the roof takes no turns")]
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                thread::sleep(INTERVAL);
                flushed.flush();
            }
        })?;
        let last = buffer.clone();
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            last.flush();
            usual(panic);
        }));
        Ok(buffer)
    }

    /// For one line that can wait.
    pub const fn line(&self) -> Line<'_> {
        Line { buffer: self, urgent: false }
    }

    pub fn flush(&self) {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        write_out(&mut bytes);
    }
}

/// A log that cannot be written has nobody to tell: the lines are dropped.
fn write_out(bytes: &mut Vec<u8>) {
    if !bytes.is_empty() {
        let _ = io::stderr().write_all(bytes);
        bytes.clear();
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut bytes = self.buffer.0.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend_from_slice(line);
        if self.urgent || bytes.len() >= BYTES_MAX {
            write_out(&mut bytes);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush();
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogBuffer {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { buffer: self, urgent: true }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        Line { buffer: self, urgent: *metadata.level() < Level::INFO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_gather_and_grave_ones_push_all_out() {
        let buffer = LogBuffer::default();
        let gathered = || buffer.0.lock().unwrap().len();
        Line { buffer: &buffer, urgent: false }.write_all(b"a line\n").unwrap();
        assert_eq!(gathered(), 7);
        Line { buffer: &buffer, urgent: true }.write_all(b"").unwrap();
        Line { buffer: &buffer, urgent: true }.write_all(b"grave\n").unwrap();
        assert_eq!(gathered(), 0);
    }
}
