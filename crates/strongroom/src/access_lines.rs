//! The access log: a line a request into the log's buffer, in the form that the other lines have.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;
use tracing::{Level, enabled};
use wire::{AccessLine, AccessLog};
use world::Clock;

use crate::cli::LogFormat;
use crate::log_buffer::LogBuffer;

/// What stands where there is nothing to say.
const NONE: &str = "-";
/// Most lines are shorter.
const LINE_BYTES: usize = 512;

pub struct AccessLines {
    buffer: LogBuffer,
    format: LogFormat,
    clock: Arc<dyn Clock>,
}

/// As the subscriber's JSON lines: the names are a promise to who collects them.
#[derive(Serialize)]
struct Json<'a> {
    timestamp: &'a str,
    level: &'static str,
    request_id: &'a str,
    remote: SocketAddr,
    method: &'a str,
    path: &'a str,
    operation: &'static str,
    bucket: &'a str,
    key: &'a str,
    status: u16,
    error: &'a str,
    bytes_in: u64,
    bytes_out: u64,
    duration_us: u64,
    access_key: &'a str,
    broken: bool,
    target: &'static str,
}

impl AccessLines {
    /// `None` when the log's filter keeps access lines out.
    pub fn open(buffer: LogBuffer, format: LogFormat, clock: Arc<dyn Clock>) -> Option<Arc<dyn AccessLog>> {
        let logged = enabled!(target: "access", Level::INFO);
        logged.then(|| Arc::new(Self { buffer, format, clock }) as Arc<dyn AccessLog>)
    }

    fn form(&self, line: &AccessLine<'_>) -> Vec<u8> {
        let timestamp = self.clock.now().to_iso8601();
        match self.format {
            LogFormat::Text => text(line, &timestamp).into_bytes(),
            LogFormat::Json => json(line, &timestamp),
        }
    }
}

impl AccessLog for AccessLines {
    fn write(&self, line: &AccessLine<'_>) {
        let formed = self.form(line);
        // Into memory, which takes all of it.
        let _ = self.buffer.line().write_all(&formed);
    }
}

fn text(line: &AccessLine<'_>, timestamp: &str) -> String {
    let mut text = String::with_capacity(LINE_BYTES);
    // A `String` takes whatever is written.
    let _ = write_text(&mut text, line, timestamp);
    text
}

fn write_text(text: &mut String, line: &AccessLine<'_>, timestamp: &str) -> fmt::Result {
    let AccessLine { request_id, remote, method, status, bytes_in, bytes_out, duration_us, broken, .. } =
        line;
    write!(text, "{timestamp}  INFO access: request_id={request_id} remote={remote} method={method}")?;
    push(text, "path", line.path);
    push(text, "operation", line.operation);
    push(text, "bucket", line.bucket.unwrap_or(NONE));
    push(text, "key", line.key.unwrap_or(NONE));
    write!(text, " status={status}")?;
    push(text, "error", line.error.unwrap_or(NONE));
    write!(text, " bytes_in={bytes_in} bytes_out={bytes_out} duration_us={duration_us}")?;
    push(text, "access_key", line.access_key.unwrap_or(NONE));
    writeln!(text, " broken={broken}")
}

/// A field with its value in quotes; what must be escaped (a line break would forge a line) goes the long way.
fn push(text: &mut String, name: &str, value: &str) {
    let plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
    let escaped = if plain { None } else { Some(format!("{value:?}")) };
    for part in [" ", name, "="] {
        text.push_str(part);
    }
    match escaped {
        Some(escaped) => text.push_str(&escaped),
        None => ["\"", value, "\""].into_iter().for_each(|part| text.push_str(part)),
    }
}

fn json(line: &AccessLine<'_>, timestamp: &str) -> Vec<u8> {
    let json = Json {
        timestamp,
        level: "INFO",
        request_id: line.request_id,
        remote: line.remote,
        method: line.method,
        path: line.path,
        operation: line.operation,
        bucket: line.bucket.unwrap_or(NONE),
        key: line.key.unwrap_or(NONE),
        status: line.status,
        error: line.error.unwrap_or(NONE),
        bytes_in: line.bytes_in,
        bytes_out: line.bytes_out,
        duration_us: line.duration_us,
        access_key: line.access_key.unwrap_or(NONE),
        broken: line.broken,
        target: "access",
    };
    let mut bytes = Vec::with_capacity(LINE_BYTES);
    // Plain fields into memory: there is nothing that could fail.
    let _ = serde_json::to_writer(&mut bytes, &json);
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use world::ManualClock;

    use super::*;

    fn formed(format: LogFormat) -> String {
        let line = AccessLine {
            request_id: "00000000000000FF",
            remote: "127.0.0.1:5000".parse().unwrap(),
            method: "GET",
            path: "/b/a%20b",
            operation: "GetObject",
            bucket: Some("b"),
            key: Some("a \"b\"\nfrom"),
            status: 404,
            error: Some("NoSuchKey"),
            bytes_in: 0,
            bytes_out: 320,
            duration_us: 41,
            access_key: None,
            broken: false,
        };
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_795_328_670_042)));
        let lines = AccessLines { buffer: LogBuffer::default(), format, clock };
        String::from_utf8(lines.form(&line)).unwrap()
    }

    #[test]
    fn a_line_says_who_asked_what_and_how_it_went() {
        assert_eq!(
            formed(LogFormat::Text),
            "2026-11-22T06:24:30.042Z  INFO access: request_id=00000000000000FF remote=127.0.0.1:5000 \
             method=GET path=\"/b/a%20b\" operation=\"GetObject\" bucket=\"b\" key=\"a \\\"b\\\"\\nfrom\" \
             status=404 error=\"NoSuchKey\" bytes_in=0 bytes_out=320 duration_us=41 access_key=\"-\" \
             broken=false\n"
        );
    }

    #[test]
    fn a_json_line_is_one_object() {
        let line = formed(LogFormat::Json);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((line.matches('\n').count(), read.as_object().unwrap().len()), (1, 17));
        assert_eq!(
            (&read["timestamp"], &read["key"], &read["status"]),
            (&"2026-11-22T06:24:30.042Z".into(), &"a \"b\"\nfrom".into(), &404.into())
        );
    }
}
