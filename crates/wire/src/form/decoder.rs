//! `multipart/form-data`, decoded without I/O: bytes in, in any pieces; fields, then the file's bytes, out.
//!
//! Source: RFC 7578, RFC 2046 §5.1. What follows the file is ignored, as S3 does; the file's end is known by
//! the boundary after it, so a body that breaks off within the file is an error.

use api::{ErrorCode, S3Error};
use bytes::{Buf as _, Bytes, BytesMut};

/// Headers of one part.
const PART_HEADER_BYTES_MAX: usize = 4 * 1024;

/// What came next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Field {
        name: String,
        value: String,
    },
    /// The file begins; only its bytes follow.
    File {
        filename: Option<String>,
        content_type: Option<String>,
    },
    Bytes(Bytes),
    /// The file is whole, or the form ended without one.
    End,
}

#[derive(Debug)]
enum State {
    /// Before the first boundary; a preamble is skipped.
    Preamble,
    /// Right after a boundary: a line end, or `--` at the form's end.
    AfterBoundary,
    Headers,
    Field {
        name: String,
    },
    File,
    Done,
}

pub(crate) struct FormDecoder {
    /// `\r\n--boundary`
    delimiter: Vec<u8>,
    /// Bytes of fields that may still come.
    room: usize,
    state: State,
    buffer: BytesMut,
}

impl FormDecoder {
    pub fn new(boundary: &str, fields_bytes_max: usize) -> Self {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        // The first boundary has no line before it: pretend one.
        let buffer = BytesMut::from(&b"\r\n"[..]);
        Self { delimiter, room: fields_bytes_max, state: State::Preamble, buffer }
    }

    pub fn push(&mut self, input: &[u8]) {
        if !matches!(self.state, State::Done) {
            self.buffer.extend_from_slice(input);
        }
    }

    /// The next event; `None` when it needs more input.
    pub fn next(&mut self) -> Result<Option<Event>, S3Error> {
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Preamble => {
                    let Some(at) = find(&self.buffer, &self.delimiter) else {
                        return self.wait(State::Preamble);
                    };
                    if at > self.room {
                        return Err(too_long());
                    }
                    self.buffer.advance(at + self.delimiter.len());
                    self.state = State::AfterBoundary;
                }
                State::AfterBoundary => {
                    if self.buffer.len() < 2 {
                        return self.wait(State::AfterBoundary);
                    }
                    match &self.buffer.split_to(2)[..] {
                        b"--" => return Ok(Some(Event::End)),
                        b"\r\n" => self.state = State::Headers,
                        _ => return Err(malformed()),
                    }
                }
                State::Headers => match self.headers()? {
                    None => return self.wait(State::Headers),
                    Some(Part { file: true, filename, content_type, .. }) => {
                        self.state = State::File;
                        return Ok(Some(Event::File { filename, content_type }));
                    }
                    Some(Part { name, .. }) => self.state = State::Field { name },
                },
                State::Field { name } => {
                    let Some(at) = find(&self.buffer, &self.delimiter) else {
                        return self.wait(State::Field { name });
                    };
                    self.spend(at)?;
                    let value = text(&self.buffer.split_to(at))?;
                    self.buffer.advance(self.delimiter.len());
                    self.state = State::AfterBoundary;
                    return Ok(Some(Event::Field { name, value }));
                }
                State::File => return Ok(self.file()),
                State::Done => return Ok(None),
            }
        }
    }

    /// Whether `End` was given.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn file(&mut self) -> Option<Event> {
        if let Some(at) = find(&self.buffer, &self.delimiter) {
            if at == 0 {
                self.buffer.clear();
                return Some(Event::End);
            }
            self.state = State::File;
            return Some(Event::Bytes(self.buffer.split_to(at).freeze()));
        }
        self.state = State::File;
        // A delimiter may have begun at the end of what is here.
        let sure = self.buffer.len() - partial(&self.buffer, &self.delimiter);
        (sure > 0).then(|| Event::Bytes(self.buffer.split_to(sure).freeze()))
    }

    fn headers(&mut self) -> Result<Option<Part>, S3Error> {
        // A part without any header begins with the empty line itself.
        let (end, skip) = if self.buffer.starts_with(b"\r\n") {
            (0, 2)
        } else {
            match find(&self.buffer, b"\r\n\r\n") {
                Some(at) => (at, 4),
                // The end may have begun with the last three bytes.
                None => return self.check_part_header(self.buffer.len().saturating_sub(3)).map(|()| None),
            }
        };
        self.check_part_header(end)?;
        self.spend(end)?;
        let part = Part::read(&text(&self.buffer.split_to(end))?)?;
        self.buffer.advance(skip);
        Ok(Some(part))
    }

    /// The lower of the two bounds speaks, in whatever pieces the header comes.
    fn check_part_header(&self, bytes: usize) -> Result<(), S3Error> {
        match bytes {
            _ if bytes > self.room && self.room < PART_HEADER_BYTES_MAX => Err(too_long()),
            _ if bytes > PART_HEADER_BYTES_MAX => Err(malformed()),
            _ => Ok(()),
        }
    }

    /// Keeps the state until more input comes; what waits must fit the room for fields.
    fn wait(&mut self, state: State) -> Result<Option<Event>, S3Error> {
        self.state = state;
        if self.buffer.len() > self.room + self.delimiter.len() {
            return Err(too_long());
        }
        Ok(None)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), S3Error> {
        self.room = self.room.checked_sub(bytes).ok_or_else(too_long)?;
        Ok(())
    }
}

struct Part {
    name: String,
    file: bool,
    filename: Option<String>,
    content_type: Option<String>,
}

impl Part {
    fn read(headers: &str) -> Result<Self, S3Error> {
        let value = |wanted: &str| {
            headers.split("\r\n").find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
            })
        };
        let disposition = value("content-disposition").ok_or_else(malformed)?;
        let name = parameter(disposition, "name").ok_or_else(malformed)?;
        Ok(Self {
            file: name.eq_ignore_ascii_case("file"),
            name: name.to_ascii_lowercase(),
            filename: parameter(disposition, "filename"),
            content_type: value("content-type").map(str::to_owned),
        })
    }
}

/// `name` of `form-data; name="key"; filename="a;b.txt"`. Browsers write a quote within as `%22`; other
/// clients as `\"`.
fn parameter(disposition: &str, wanted: &str) -> Option<String> {
    let mut rest = disposition.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (value, after) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), after)
            }
        };
        if name.trim().trim_start_matches(';').trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut escaped = false;
    for (at, character) in quoted.char_indices() {
        match character {
            '\\' if !escaped && quoted[at + 1..].starts_with('"') => escaped = true,
            '"' if !escaped => return Some((value, &quoted[at + 1..])),
            other => {
                value.push(other);
                escaped = false;
            }
        }
    }
    None
}

fn text(bytes: &[u8]) -> Result<String, S3Error> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| malformed())
}

fn malformed() -> S3Error {
    ErrorCode::MalformedPOSTRequest.into()
}

fn too_long() -> S3Error {
    ErrorCode::MaxPostPreDataLengthExceededError.into()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| *byte == needle[0]) {
        let at = from + at;
        if haystack.len() - at < needle.len() {
            return None;
        }
        if &haystack[at..at + needle.len()] == needle {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Length of the longest end of `haystack` with which `needle` begins.
fn partial(haystack: &[u8], needle: &[u8]) -> usize {
    let most = haystack.len().min(needle.len() - 1);
    (1..=most).rev().find(|length| needle.starts_with(&haystack[haystack.len() - length..])).unwrap_or(0)
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
